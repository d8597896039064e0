#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two balancers, one fails over to the other in the rush."""
import signal

import lib
from kit import GENTLE, Kit
from lib import Rush, equal, expect, wait_for
from stage import signal_to


def story_one_fails_over_in_the_rush(place):
    w = Kit(place, balancers=2, **GENTLE).start()
    rush = Rush(place, w.lbs, '0:20,3:20,8:100,60:100', ['--first'])
    for lb in w.lbs:
        wait_for('six servers serve in both', lambda lb=lb:
                 len(lb.serving()) >= 6, 30)
    wait_for('both have the same', lambda:
             w.lbs[0].serving() == w.lbs[1].serving())
    pids = set(w.pids())
    worker = w.lbs[0].worker()
    # The load program tells how many are open each second; some more come.
    at = rush.second()
    w.lbs[0].proc.kill(signal.SIGKILL)
    signal_to(worker, signal.SIGKILL)
    second = rush.second()
    rush.wait_second(second + 6)
    g = w.group()
    expect(g['desired'] >= 5, 'the load is still seen', g)
    expect(pids <= set(w.pids()), 'no server was taken away')
    s = rush.finish(60)
    expect(s['moved'] > 50, 'the customers moved over', s)
    equal(s['lost'], s['broken'] + s['timed_out'], 'nobody was turned away')
    held = 100 + max(x['open'] for x in rush.lines[max(at - 1, 0):at + 3])
    expect(s['lost'] <= held, 'lost is only what the dead balancer held',
           (held, s))


if __name__ == '__main__':
    lib.main(globals())
