#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Servers that go wrong: at start, in service, at the stop; and others'."""
import signal
import time

import lib
from kit import GENTLE, Kit, time_passes
from lib import PATIENCE, Rush, Shop, equal, expect, wait_for
from stage import signal_to


def story_servers_that_die_at_start(place):
    w = Kit(place, **GENTLE)
    w.mode('--die-at-start')
    w.boot()
    wait_for('three in a row have failed', lambda: 'breaker' in
             w.group().get('alarms', []), 40)
    tried = w.launches()
    expect(tried <= 8, 'it stops trying', tried)
    w.mode('')
    w.word(resume=True)
    w.wait_serving(2)


def story_servers_that_never_become_healthy(place):
    w = Kit(place, **GENTLE).start()
    w.mode('--never-healthy')
    first = set(w.pids())
    rush = Rush(place, [w.lb], '0:20,2:20,4:55,240:55')
    bad = wait_for('bad ones are launched', lambda:
                   set(w.pids()) - first, 20)
    wait_for('the deadline passed and one is replaced', lambda:
             not bad <= set(w.pids()) and w.launches() > 2 + len(bad), 40)
    equal(len(w.lb.serving()), 2, 'none of them got a customer')
    w.mode('')
    wait_for('good ones serve', lambda: len(w.lb.serving()) >= 3, 40)
    rush.stop()


def story_servers_that_hang_at_stop(place):
    w = Kit(place, **GENTLE)
    w.mode('--hang-at-stop')
    w.start()
    w.word(scale=4)
    w.wait_serving(4)
    w.mode('')
    wait_for('four processes', lambda: len(w.pids()) == 4)
    w.wait_removals()
    victim = w.servers('serving')[0]
    w.word(replace=victim['id'])
    wait_for('it is gone for good', lambda: victim['id'] not in
             [s['id'] for s in w.servers()] and len(w.pids()) == 4,
             60)


def story_a_serving_server_is_killed(place):
    w = Kit(place, **GENTLE).start()
    w.word(scale=4)
    w.wait_serving(4)
    rush = Rush(place, [w.lb], '0:37,20:37')
    rush.wait_second(2)
    victim = sorted(w.pids())[0]
    before = set(w.lb.serving())
    killed = time.monotonic()
    signal_to(victim, signal.SIGKILL)
    wait_for('it is out of its slot', lambda:
             len(before & set(w.lb.serving())) == 3, 5)
    out = time.monotonic() - killed
    expect(out < PATIENCE * 1.5, 'within two polls of 500 ms', out)
    wait_for('it is replaced', lambda: len(w.lb.serving()) == 4, 10)
    equal(rush.finish(40)['lost'], 0, 'nothing is lost')


def story_a_server_that_closes_its_descriptors(place):
    w = Kit(place, **GENTLE)
    w.mode('--close-all')
    w.start()
    before = w.pids()
    equal(len(before), 2, 'two processes')
    time_passes(w, 4)
    equal(w.pids(), before, 'it is not taken for dead')
    w.kill()
    w.boot()
    time_passes(w, 3)
    equal(w.pids(), before, 'nor after a restart')


def story_a_server_that_leaves_a_grandchild(place):
    w = Kit(place, **GENTLE)
    w.mode('--grandchild')
    w.start()
    w.mode('')
    wait_for('two servers, two grandchildren', lambda: len(w.pids()) == 4)
    w.wait_removals()
    for server in w.servers('serving'):
        w.word(replace=server['id'])
    wait_for('two new servers and nothing else', lambda:
             len(w.pids()) == 2 and len(w.lb.serving()) == 2, 60)


def story_servers_that_others_started(place):
    mine = [Shop(place, args=['--workers', '5', '--service', '200ms'])
            for _ in range(2)]
    w = Kit(place, hand=[('hand%d' % i, s.address, s.port)
                         for i, s in enumerate(mine)], **GENTLE)
    w.start(serving=2)
    time_passes(w, 3)
    hand = {(s.address, s.port) for s in mine}
    wait_for('they serve', lambda: hand <= set(w.lb.serving()))
    rush = Rush(place, [w.lb], '0:20,2:20,6:125,18:125,20:20,40:20')
    wait_for('ours come beside them', lambda: len(w.lb.serving()) >= 6, 30)
    rush.finish(60)
    wait_for('ours go again', lambda: len(w.lb.serving()) <= 4, 90)
    expect(hand <= set(w.lb.serving()), 'they still serve')
    for shop in mine:
        expect(shop.proc.running(), 'and live')


if __name__ == '__main__':
    lib.main(globals())
