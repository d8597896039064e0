#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stories that do not hold yet (see OPEN_STORIES in files.am)."""
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


if __name__ == '__main__':
    lib.main(globals())
