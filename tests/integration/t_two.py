#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two balancers, one fails over to the other in the rush."""
import signal

import lib
from lib import Rush, World, equal, expect, wait_for


def story_one_fails_over_in_the_rush(place):
    w = World(place, balancers=2).start()
    rush = Rush(place, w.lbs, '0:80,3:80,8:400,30:400', ['--first'])
    for lb in w.lbs:
        wait_for('six servers serve in both', lambda lb=lb:
                 len(lb.serving()) >= 6, 30)
    equal(w.lbs[0].serving(), w.lbs[1].serving(), 'both have the same')
    pids = set(w.pids())
    worker = w.lbs[0].worker()
    w.lbs[0].proc.kill(signal.SIGKILL)
    lib.signal_to(worker, signal.SIGKILL)
    second = rush.second()
    rush.wait_second(second + 6)
    g = w.daemon.status()
    expect(g['desired'] >= 5, 'the load is still seen', g)
    expect(pids <= set(w.pids()), 'no server was taken away')
    s = rush.finish(60)
    expect(s['moved'] > 100, 'the customers moved over', s)
    cut = s['broken'] + s['timed_out']
    expect(s['lost'] == cut and cut <= 60,
           'lost is only what the dead balancer had in its hands', s)


if __name__ == '__main__':
    lib.main(globals())
