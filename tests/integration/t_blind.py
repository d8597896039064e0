#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The balancer does not answer: what is doubtful never takes servers away."""
import signal
import socket
import time

import lib
from kit import GENTLE, Kit
from lib import PATIENCE, Rush, equal, expect, wait_for
from stage import signal_to


def scaled(place, seconds):
    w = Kit(place, **GENTLE).start()
    rush = Rush(place, [w.lb], '0:20,3:20,8:100,%d:100' % seconds)
    wait_for('six servers serve', lambda: len(w.lb.serving()) >= 6, 30)
    return w, rush


def holds_still(w, seconds, least):
    """For so long nothing is taken away and the daemon answers at once.

    What drained before goes on draining."""
    wait_for('it is blind', lambda: not fresh(w), 10)
    draining = {s['id'] for s in w.servers('draining', 'removing')}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        g = w.group()
        expect(time.monotonic() - began < PATIENCE, 'it answers')
        expect(g['desired'] >= least, 'desired does not fall', g)
        now = {s['id'] for s in w.servers('draining', 'removing')}
        expect(now <= draining, 'nothing more drains', now, draining)
        time.sleep(0.1)


def story_haproxy_is_stopped_for_20_s_in_the_rush(place):
    w, rush = scaled(place, 40)
    pids = set(w.pids())
    desired = w.group()['desired']
    worker = w.lb.worker()
    signal_to(worker, signal.SIGSTOP)
    try:
        holds_still(w, 20, min(desired, 6))
    finally:
        signal_to(worker, signal.SIGCONT)
    expect(pids <= set(w.pids()), 'every server lives')
    wait_for('it measures again', lambda: fresh(w), 15)
    rush.finish(60)
    equal(w.group()['verdict'] == 'no_data', False, 'data again')


def fresh(w):
    age = w.group().get('sample_age')
    return age is not None and age < 2.0


def story_the_stats_socket_is_full_of_idle_clients(place):
    w, rush = scaled(place, 30)
    least = min(w.group()['desired'], 6)
    pids = set(w.pids())
    idle = []
    try:
        for _ in range(200):
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(0.2)
            try:
                s.connect(w.lb.sock)
                s.sendall(b'prompt\n')
            except OSError:
                s.close()
                break
            idle.append(s)
        holds_still(w, 8, least)
    finally:
        for s in idle:
            s.close()
    wait_for('it measures again', lambda: fresh(w), 15)
    expect(pids <= set(w.pids()), 'every server lives')
    equal(rush.finish(60)['lost'], 0, 'the customers noticed nothing')


if __name__ == '__main__':
    lib.main(globals())
