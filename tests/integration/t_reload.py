#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""HAProxy reloaded in the rush, with plimsolld and without."""
import signal

import lib
from kit import GENTLE, Kit
from lib import Rush, equal, wait_for


def scaled(place):
    """A rush under way, its servers serving."""
    w = Kit(place, **GENTLE).start()
    rush = Rush(place, [w.lb], '0:20,3:20,8:100,26:100')
    wait_for('six servers serve', lambda: len(w.lb.serving()) >= 6, 30)
    wait_for('and stand in the state file', lambda: written(w))
    return w, rush


def back(w, old, before):
    """Do they all serve in a process other than the old one?"""
    pid, serving = w.lb.serving_of()
    return pid != old and set(before) <= set(serving)


def killed_at_rest(w):
    """Kills the daemon between two changes; what serves then."""
    def at_rest():
        w.proc.kill(signal.SIGSTOP)
        listed = len(w.lb.serving())
        if written(w) and listed == len(w.pids()):
            return True
        w.proc.kill(signal.SIGCONT)
        return False
    wait_for('no change is under way', at_rest, 20, every=0.2)
    w.kill()
    return w.lb.serving()


def written(w):
    """Does HAProxy's state file know every server that serves?"""
    try:
        with open(w.lb.state, encoding='utf-8') as f:
            words = [line.split(' ') for line in f]
    except FileNotFoundError:
        return False
    ports = {int(line[18]) for line in words if len(line) > 18
             and line[18].isdigit()}
    return {port for _, port in w.lb.serving()} <= ports


def story_reloaded_in_the_rush(place):
    w, rush = scaled(place)
    before = w.lb.serving()
    old = w.lb.worker()
    w.lb.reload()
    wait_for('all serve again within 2 s', lambda: back(w, old, before), 2)
    s = rush.finish(60)
    equal(s['lost'], 0, 'nothing is lost')


def story_a_reload_that_forgot_is_mended(place):
    """Without its state file HAProxy forgets; the set is asserted again."""
    w, rush = scaled(place)
    before = w.lb.serving()
    old = w.lb.worker()
    with open(w.lb.state, 'w', encoding='utf-8') as f:
        f.write('1\n')
    w.lb.reload()
    wait_for('all serve again', lambda: back(w, old, before), 4)
    rush.finish(60)


def story_reloaded_while_plimsolld_is_dead(place):
    w, rush = scaled(place)
    before = killed_at_rest(w)
    for _ in range(2):
        w.lb.reload()
    s = rush.finish(60)
    equal(s['lost'], 0, 'nothing is lost')
    wait_for('every server serves as before', lambda:
             w.lb.serving() == before)
    pids = w.pids()
    w.boot()
    wait_for('the daemon knows them all', lambda: len(
        w.servers('serving')) == len(before), 10)
    equal([p for p in pids if p not in w.pids()], [], 'no server was ended')


if __name__ == '__main__':
    lib.main(globals())
