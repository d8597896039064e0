#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A rush of five times the calm is carried, and the servers are given back."""
import lib
from kit import GENTLE, Kit
from lib import Rush, equal, expect, wait_for

CURVE = '0:20,5:20,15:100,30:100,33:20,38:20'


def story_the_rush_is_carried(place):
    w = Kit(place, **GENTLE).start()
    before = w.group()
    equal(before['desired'], 2, 'the calm needs the minimum')
    rush = Rush(place, [w.lb], CURVE, ['--slow', '1s'])
    wait_for('more servers are wanted', lambda:
             w.group()['desired'] > 2, 20)
    expect(rush.second() <= 12, 'while the rush builds up', rush.second())
    wait_for('six servers serve', lambda: len(w.lb.serving()) >= 6, 20)
    s = rush.finish(60)
    equal(s['lost'], 0, 'nothing is lost')
    expect(s['slow'] <= 0.02 * s['sent'], 'hardly one is slow', s)
    equal(w.servers('failed'), [], 'no launch failed')
    wait_for('the servers are given back', lambda:
             len(w.lb.serving()) == 2 and len(w.pids()) == 2, 60)
    wait_for('the ledger agrees with the processes', lambda:
             len(w.servers()) == 2)


if __name__ == '__main__':
    lib.main(globals())
