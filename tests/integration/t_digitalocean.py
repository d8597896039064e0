#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Droplets: no unique names, addresses that come late, lists that lag."""
import lib
from clouds import a_list
from cloudkit import Account, at_rest, make, more, row
from lib import Rush, equal, expect, wait_for


def story_a_rush(place):
    a = Account(place, 'digitalocean')
    w = make(place, a, rate=25.0).start()
    rush = Rush(place, [w.lb], '0:20,3:20,14:100,30:100,32:20,45:20')
    s = rush.finish(90)
    equal(s['lost'], 0, 'the customers noticed nothing')
    expect(len(a.cloud.created) >= 6, 'servers were launched',
           a.cloud.created)
    at_rest(w, a)


def story_the_answer_is_lost(place):
    """It is looked for by its name, and found: no second one."""
    a = Account(place, 'digitalocean')
    w = make(place, a)
    a.trouble.once('POST', ('cut',))
    a.trouble.once('POST', ('html',))
    w.start()
    equal(len(a.cloud.created), 2, 'two servers')
    at_rest(w, a)


def story_a_full_location(place):
    """Throttled, then a region that is full."""
    a = Account(place, 'digitalocean')
    a.cloud.full = {'ams3'}
    w = make(place, a)
    a.trouble.once('POST', ('say', 429, 'too_many_requests',
                            ('Retry-After', '1')))
    w.start()
    more(w, 4)
    w.wait_serving(4, 60)
    equal({s['q']['region'] for s in a.cloud.servers.values()}, {'fra1'},
          'where there is room')
    at_rest(w, a)


def story_the_limit_is_reached(place):
    """From one kind of cloud to another, and no tag for each launch."""
    a = Account(place, 'digitalocean')
    b = Account(place, 'hetzner', 'backup')
    a.cloud.limit = 2
    w = make(place, a, b).start()
    more(w, 5)
    w.wait_serving(5, 60)
    equal((len(a.cloud.ids()), len(b.cloud.ids())), (2, 3), 'both serve')
    tags = {t for s in a.cloud.servers.values() for t in s['tags']}
    equal(len(tags), 4, 'the same tags on every droplet')
    at_rest(w, a, b)


def story_a_label_is_taken_off(place):
    a = Account(place, 'digitalocean')
    w = make(place, a).start()
    more(w, 3)
    w.wait_serving(3)
    given = int(w.servers()[0]['id'])
    with a.cloud.lock:
        a.cloud.servers[given]['tags'] = []
    w.wait_removals()
    w.word(drain=str(given))
    wait_for('it is no longer in the ledger', lambda:
             str(given) not in [s['id'] for s in w.servers()], 60)
    expect(str(given) in a.cloud.ids(), 'and was not deleted')


def story_old_lists(place):
    a = Account(place, 'digitalocean')
    w = make(place, a).start()
    more(w, 4)
    w.wait_serving(4)
    ids = a.cloud.ids()
    n = [0]

    def fate(method, path):
        if method == 'GET' and a_list(path):
            n[0] += 1
            return ('stale',)
        return None
    a.trouble.fate = fate
    wait_for('two old lists', lambda: n[0] >= 2, 90, every=0.2)
    equal(a.cloud.ids(), ids, 'nobody was removed')
    a.trouble.fate = None
    at_rest(w, a)



def story_readiness(place):
    """The API tells the account's limit."""
    a = Account(place, 'digitalocean')
    a.cloud.limit = 8
    w = make(place, a, head='ready_every = "1s";').start()
    wait_for('the limit is too low', lambda:
             row(w, 'main: limit of servers')[0] == 'no', 20)
    expect('8 by the provider' in row(w, 'main: limit of servers')[1],
           'whose limit it is', row(w, 'main: limit of servers'))
    wait_for('the image is there', lambda: row(w, 'main: image')[0] == 'yes',
             20)
    at_rest(w, a)


if __name__ == '__main__':
    lib.main(globals(), long=('story_old_lists',))
