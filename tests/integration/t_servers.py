#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Servers that go wrong: at start, in service, at the stop; and others'."""
import signal
import time

import lib
from lib import Rush, Shop, World, equal, expect, wait_for


def story_servers_that_never_become_healthy(place):
    w = World(place).start()
    w.mode('--never-healthy')
    rush = Rush(place, [w.lb], '0:80,2:80,4:220,30:220')
    wait_for('bad ones are launched', lambda: len(w.pids()) > 2, 20)
    wait_for('the deadline passed and one is replaced', lambda:
             w.launches() > len(w.pids()), 40)
    equal(len(w.lb.serving()), 2, 'none of them got a customer')
    w.mode('')
    wait_for('good ones serve', lambda: len(w.lb.serving()) >= 3, 60)
    rush.finish(60)


def story_a_serving_server_is_killed(place):
    w = World(place).start()
    w.daemon.word(scale=4)
    w.wait_serving(4)
    rush = Rush(place, [w.lb], '0:150,20:150')
    rush.wait_second(2)
    victim = sorted(w.pids())[0]
    before = set(w.lb.serving())
    killed = time.monotonic()
    lib.signal_to(victim, signal.SIGKILL)
    wait_for('it is out of its slot', lambda:
             len(before & set(w.lb.serving())) == 3, 5)
    out = time.monotonic() - killed
    expect(out < 1.5, 'within two polls of 500 ms', out)
    wait_for('it is replaced', lambda: len(w.lb.serving()) == 4, 10)
    equal(rush.finish(40)['lost'], 0, 'nothing is lost')


def story_a_server_that_closes_its_descriptors(place):
    w = World(place)
    w.mode('--close-all')
    w.start()
    before = w.pids()
    equal(len(before), 2, 'two processes')
    time_passes(w, 4)
    equal(w.pids(), before, 'it is not taken for dead')
    w.daemon.kill()
    w.daemon.start()
    time_passes(w, 3)
    equal(w.pids(), before, 'nor after a restart')


def time_passes(w, polls):
    """So many fresh samples."""
    for _ in range(polls):
        last = [0.0]

        def stepped(last=last):
            age = w.daemon.status()['age']
            before, last[0] = last[0], age
            return age < before
        wait_for('a step', stepped, 5, every=0.01)


if __name__ == '__main__':
    lib.main(globals())
