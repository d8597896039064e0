#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Disk, balancer and provider hang for ten seconds each: the steps go on."""
import os
import shutil
import signal
import time

import lib
from kit import GENTLE, Kit
from lib import Rush, equal, expect, wait_for
from t_daemon import listening, metric

HANG_S = 10


def steps_go_on(where, seconds):
    """The last decision is never as old as half of what hangs, and there
    are more than half as many as seconds; how many there were."""
    first = metric(where, 'plimsoll_decisions_total')
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        age = time.time() - metric(where, 'plimsoll_last_decision_seconds')
        expect(age < HANG_S / 2, 'a decision every second', age)
        time.sleep(0.25)
    n = metric(where, 'plimsoll_decisions_total') - first
    expect(n > seconds / 2, 'steps in %g s' % seconds, n)
    return n


def story_the_balancer_hangs(place):
    where = listening(place)
    w = Kit(place, listen=where).start()
    pids = [w.lb.proc.pid] + [p for p in map(int, filter(
        str.isdigit, os.listdir('/proc'))) if parent(p) == w.lb.proc.pid]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        steps_go_on(where, HANG_S)
        equal(len(w.pids()), 2, 'no server was taken away or launched')
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    wait_for('it measures again', lambda: w.group()['verdict'] !=
             'no_data', 15)


def parent(pid):
    try:
        with open('/proc/%d/stat' % pid, 'rb') as f:
            return int(f.read().decode('latin-1').rpartition(')')[2]
                       .split()[1])
    except OSError:
        return 0


def story_the_provider_hangs(place):
    where = listening(place)
    # longer than the hang: a launch that is late is not given up
    w = Kit(place, listen=where, boot_deadline='60s').start()
    spawners = w.spawners()
    expect(spawners, 'there is a spawner')
    for pid in spawners:
        os.kill(pid, signal.SIGSTOP)
    try:
        w.call('word', group='shop', word={'scale': 4}, timeout=20)
        steps_go_on(where, HANG_S)
        equal(w.group()['serving'], 2, 'two serve on')
    finally:
        for pid in spawners:
            os.kill(pid, signal.SIGCONT)
    wait_for('four serve', lambda: w.group()['serving'] == 4, 40)
    equal(w.launches(), 4, 'one server an intent')


def faulty(w):
    """The same daemon on a disk that hangs or fails when told to."""
    path = os.path.join(lib.BUILD, 'tests', 'integration', 'plimsolld-fault')
    to = os.path.join(w.place.bin, 'plimsolld')
    os.unlink(to)
    shutil.copy(path, to)


def story_the_disk_hangs(place):
    where = listening(place)
    w = Kit(place, listen=where, **GENTLE)
    faulty(w)
    w.start()
    rush = Rush(place, [w.lb], '0:20,2:20,5:87,20:87')
    rush.wait_second(2)
    w.proc.kill(signal.SIGUSR1)
    wait_for('the alarm is on', lambda:
             w.call('status')['journal'] == 'bad', every=0.1)
    steps_go_on(where, HANG_S)
    wait_for('launches go on', lambda: len(w.pids()) > 2)
    equal(rush.finish(60)['lost'], 0, 'nothing is lost')
    wait_for('the journal is good again', lambda:
             w.call('status')['journal'] == 'good', 40)
    tokens = [s['token'] for s in w.servers()]
    equal(len(tokens), len(set(tokens)), 'one server an intent')


def story_a_sync_fails(place):
    """A new generation; a word answered as done is in it."""
    w = Kit(place)
    faulty(w)
    w.start()
    w.proc.kill(signal.SIGUSR2)
    said = w.call('word', group='shop', word={'scale': 3}, timeout=20)
    wait_for('the journal was bad', lambda:
             'the journal is bad' in w.proc.text(), 10)
    w.kill()
    w.boot()
    g = w.group()
    expect(g['serving'] + g['pending'] >= 2, 'the present size is known', g)
    if said['ok']:
        equal([x['servers'] for x in w.group()['words']], [3],
              'what was answered as done is in force')
    wait_for('the fleet serves', lambda: w.group()['serving'] >= 2, 20)


def story_a_step_does_not_end(place):
    """A loop that is stuck ends itself (I-24), and nothing else ends with it."""
    w = Kit(place)
    faulty(w)
    w.start()
    pids = w.pids()
    w.proc.kill(signal.SIGRTMIN)
    wait_for('it gives up', lambda: not w.proc.running(), 90)
    expect('a step does not end' in w.proc.text(), 'and says why',
           w.proc.text()[-500:])
    equal(w.pids(), pids, 'the servers are as they were')
    equal(len(w.lb.serving()), 2, 'and serve')
    w.boot()
    w.wait_serving(2)
    equal(w.launches(), 2, 'one server an intent')


if __name__ == '__main__':
    lib.main(globals())
