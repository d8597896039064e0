#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stories that do not hold yet (see OPEN_STORIES in files.am)."""
import lib
from lib import Rush, Shop, World, equal, expect, wait_for  # noqa: F401


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


def story_servers_that_die_at_start(place):
    w = World(place)
    w.mode('--die-at-start')
    w.daemon.start()
    wait_for('three in a row have failed', lambda: 'boot_failures' in
             w.daemon.status().get('alarms', []), 40)
    tried = w.launches()
    expect(tried <= 8, 'it stops trying', tried)
    w.mode('')
    w.daemon.word(resume=True)
    w.wait_serving(2, 30)


def story_servers_that_hang_at_stop(place):
    w = World(place)
    w.mode('--hang-at-stop')
    w.start()
    w.daemon.word(scale=4)
    w.wait_serving(4)
    w.mode('')
    wait_for('four processes', lambda: len(w.pids()) == 4)
    victim = w.daemon.servers('serving')[0]
    w.daemon.word(replace=victim['id'])
    wait_for('it is gone for good', lambda: victim['id'] not in
             [s['id'] for s in w.daemon.servers()] and len(w.pids()) == 4,
             60)


def story_a_server_that_leaves_a_grandchild(place):
    w = World(place)
    w.mode('--grandchild')
    w.start()
    w.mode('')
    wait_for('two servers, two grandchildren', lambda: len(w.pids()) == 4)
    for server in w.daemon.servers('serving'):
        w.daemon.word(replace=server['id'])
    wait_for('two new servers and nothing else', lambda:
             len(w.pids()) == 2 and len(w.lb.serving()) == 2, 60)


def story_killed_twenty_times(place):
    w = World(place).start()
    rush = Rush(place, [w.lb], '0:80,2:80,9:400,22:400,25:80,60:80')
    kills = 0
    while kills < 20:
        # Soon after each start, while it launches and drains.
        w.daemon.kill()
        kills += 1
        w.daemon.start()
        no_double(w)
        seen = rush.second()
        rush.wait_second(seen + (1 if kills % 2 else 3))
        expect(len(w.pids()) <= 14, 'not more than max and the draining',
               len(w.pids()))
    s = rush.finish(90)
    equal(s['lost'], 0, 'the customers noticed nothing')
    wait_for('all agree on two servers', lambda: agree(w, 2), 60)


def time_passes(w, polls):
    """So many fresh samples."""
    for _ in range(polls):
        last = [0.0]

        def stepped(last=last):
            age = w.daemon.status()['age']
            before, last[0] = last[0], age
            return age < before
        wait_for('a step', stepped, 5, every=0.01)


def story_servers_that_others_started(place):
    mine = [Shop(place, args=['--workers', '5']) for _ in range(2)]
    w = World(place, hand=[('hand%d' % i, s.address, s.port)
                           for i, s in enumerate(mine)])
    w.start(serving=2)
    time_passes(w, 3)
    hand = {(s.address, s.port) for s in mine}
    expect(hand <= set(w.lb.serving()), 'they serve')
    rush = Rush(place, [w.lb], '0:80,2:80,6:500,18:500,20:80,40:80')
    wait_for('ours come beside them', lambda: len(w.lb.serving()) >= 6, 30)
    rush.finish(60)
    wait_for('ours go again', lambda: len(w.lb.serving()) <= 4, 60)
    expect(hand <= set(w.lb.serving()), 'they still serve')
    for shop in mine:
        expect(shop.proc.running(), 'and live')


if __name__ == '__main__':
    lib.main(globals())
