#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""HAProxy reloaded in the rush, with plimsolld and without."""
import lib
from lib import Rush, World, equal, wait_for


def scaled(place, rate=400):
    """A rush under way, its servers serving."""
    w = World(place).start()
    rush = Rush(place, [w.lb], '0:80,3:80,8:%d,26:%d' % (rate, rate))
    wait_for('six servers serve', lambda: len(w.lb.serving()) >= 6, 30)
    return w, rush


def story_reloaded_in_the_rush(place):
    w, rush = scaled(place)
    before = set(w.lb.serving())
    w.lb.reload()
    wait_for('all serve again within 2 s', lambda:
             before <= set(w.lb.serving()), 2)
    s = rush.finish(60)
    equal(s['lost'], 0, 'nothing is lost')


def story_a_reload_that_forgot_is_mended(place):
    """Without its state file HAProxy forgets; the set is asserted again."""
    w, rush = scaled(place)
    before = set(w.lb.serving())
    with open(w.lb.state, 'w', encoding='utf-8') as f:
        f.write('1\n')
    w.lb.reload()
    wait_for('all serve again', lambda: before <= set(w.lb.serving()), 4)
    rush.finish(60)


def story_reloaded_while_plimsolld_is_dead(place):
    w, rush = scaled(place)
    before = w.lb.serving()
    w.daemon.kill()
    for _ in range(2):
        w.lb.reload()
    s = rush.finish(60)
    equal(s['lost'], 0, 'nothing is lost')
    equal(w.lb.serving(), before, 'every server serves as before')
    pids = w.pids()
    w.daemon.start()
    wait_for('the daemon knows them all', lambda: len(
        w.daemon.servers('serving')) == len(before), 10)
    equal([p for p in pids if p not in w.pids()], [], 'no server was ended')


if __name__ == '__main__':
    lib.main(globals())
