#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The spawner killed with -9; the process group of plimsolld killed."""
import os
import signal

import lib
from lib import Rush, World, equal, expect, wait_for  # noqa: F401


def agree(w, n=None):
    """Ledger, processes and balancer say the same."""
    listed = w.daemon.servers()
    if any(s['phase'] not in ('serving',) for s in listed):
        return False
    where = sorted(s['address'] for s in listed)
    serving = sorted('%s:%d' % a for a in w.lb.serving())
    if n is not None and len(listed) != n:
        return False
    return where == serving and len(w.pids()) == len(listed)


def no_double(w):
    tokens = [s['token'] for s in w.daemon.servers()]
    equal(len(tokens), len(set(tokens)), 'one server an intent')


def story_the_process_group_is_killed(place):
    w = World(place).start()
    before = w.pids()
    os.killpg(w.daemon.proc.pid, signal.SIGKILL)
    w.daemon.proc.wait()
    equal(w.pids(), before, 'the servers go on')
    w.daemon.start()
    wait_for('all agree', lambda: agree(w, 2), 10)
    equal(w.pids(), before, 'the same processes')
    w.daemon.stop()
    equal(w.pids(), before, 'a clean stop leaves them, too')


def story_the_spawner_is_killed(place):
    w = World(place).start()
    before = w.pids()
    rush = Rush(place, [w.lb], '0:80,3:80,9:400,25:400')
    rush.wait_second(2)
    for pid in w.spawners():
        lib.signal_to(pid, signal.SIGKILL)
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
