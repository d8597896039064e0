#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A rush of five times the calm is carried, and the servers are given back."""
import lib
from lib import Rush, World, equal, expect, wait_for

CURVE = '0:80,5:80,15:400,30:400,33:80,38:80'


def story_the_rush_is_carried(place):
    w = World(place).start()
    before = w.daemon.status()
    equal(before['desired'], 2, 'the calm needs the minimum')
    rush = Rush(place, [w.lb], CURVE)
    wait_for('more servers are wanted', lambda:
             w.daemon.status()['desired'] > 2, 20)
    expect(rush.second() <= 12, 'while the rush builds up', rush.second())
    wait_for('six servers serve', lambda: len(w.lb.serving()) >= 6, 20)
    s = rush.finish(60)
    equal(s['lost'], 0, 'nothing is lost')
    expect(s['slow'] <= 0.02 * s['sent'], 'hardly one is slow', s)
    equal(w.daemon.servers('failed'), [], 'no launch failed')
    wait_for('the servers are given back', lambda:
             len(w.lb.serving()) == 2 and len(w.pids()) == 2, 60)
    listed = w.daemon.servers()
    equal(len(listed), 2, 'the ledger agrees with the processes')


if __name__ == '__main__':
    lib.main(globals())
