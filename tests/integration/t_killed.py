#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""plimsolld killed with -9 again and again; the spawner killed; the group."""
import os
import signal

import lib
from kit import GENTLE, Kit
from lib import Rush, equal, expect, wait_for
from stage import signal_to


def agree(w, n=None):
    """Ledger, processes and balancer say the same."""
    listed = w.servers()
    if any(s['phase'] not in ('serving',) for s in listed):
        return False
    where = sorted(s['address'] for s in listed)
    serving = sorted('%s:%d' % a for a in w.lb.serving())
    if n is not None and len(listed) != n:
        return False
    return where == serving and len(w.pids()) == len(listed)


def no_double(w):
    tokens = [s['token'] for s in w.servers()]
    equal(len(tokens), len(set(tokens)), 'one server an intent')


def story_killed_twenty_times(place):
    w = Kit(place, **GENTLE).start()
    rush = Rush(place, [w.lb], '0:20,2:20,9:100,22:100,25:20,60:20')
    kills = 0
    while kills < 20:
        # Soon after each start, while it launches and drains.
        w.kill()
        kills += 1
        w.boot()
        no_double(w)
        then = rush.second() + (1 if kills % 2 else 3)
        # On a slow machine the last ones come when the rush is over.
        wait_for('second %d' % then, lambda then=then:
                 rush.second() >= then or rush.summary is not None, 20)
        expect(len(w.pids()) <= 14, 'not more than max and the draining',
               len(w.pids()))
    s = rush.finish(90)
    equal(s['lost'], 0, 'the customers noticed nothing')
    wait_for('all agree on two servers', lambda: agree(w, 2), 60)


def story_the_process_group_is_killed(place):
    w = Kit(place, **GENTLE).start()
    before = w.pids()
    os.killpg(w.proc.pid, signal.SIGKILL)
    w.proc.wait()
    equal(w.pids(), before, 'the servers go on')
    w.boot()
    wait_for('all agree', lambda: agree(w, 2), 10)
    equal(w.pids(), before, 'the same processes')
    w.stop()
    equal(w.pids(), before, 'a clean stop leaves them, too')


def story_the_spawner_is_killed(place):
    w = Kit(place, **GENTLE).start()
    before = w.pids()
    rush = Rush(place, [w.lb], '0:20,3:20,9:100,25:100')
    rush.wait_second(2)
    for pid in w.spawners():
        signal_to(pid, signal.SIGKILL)
    wait_for('six servers serve all the same', lambda:
             len(w.lb.serving()) >= 6, 30)
    s = rush.finish(60)
    equal([p for p in before if p not in w.pids()], [],
          'the first servers are still there')
    equal(s['lost'], 0, 'nothing is lost')
    no_double(w)
    wait_for('all agree', lambda: agree(w), 30)


if __name__ == '__main__':
    lib.main(globals())
