#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Servers on Hetzner Cloud: every kind of trouble between us and its API."""
import time

import lib
from clouds import a_list
from cloudkit import Account, at_rest, make, more, row
from lib import Rush, equal, expect, wait_for


def story_a_rush(place):
    a = Account(place, 'hetzner')
    w = make(place, a, rate=25.0).start()
    rush = Rush(place, [w.lb], '0:20,3:20,12:100,25:100,28:20,45:20')
    s = rush.finish(90)
    equal(s['lost'], 0, 'the customers noticed nothing')
    expect(len(a.cloud.created) >= 6, 'servers were launched',
           a.cloud.created)
    w.wait_removals()
    wait_for('what is not needed is deleted', lambda:
             len(a.cloud.ids()) <= 3, 60)
    at_rest(w, a)


def story_the_answer_is_lost(place):
    """The server is there, its answer is not: asked for again by its name."""
    a = Account(place, 'hetzner')
    w = make(place, a)
    a.trouble.once('POST', ('cut',), times=2)
    w.start()
    equal(len(a.cloud.created), 2, 'no server twice')
    expect(any(s == 409 for _, _, _, s in a.cloud.calls('POST')),
           'the second try met the first one\'s server')
    at_rest(w, a)


def story_each_kind_of_nonsense(place):
    """Half an answer, another kind of text, a fine status with an error
    inside: each is a doubt that a lookup ends, none is a second server."""
    a = Account(place, 'hetzner')
    w = make(place, a).start()
    for n, what in enumerate([('html',), ('half',), ('fine_error',)]):
        a.trouble.once('POST', what)
        more(w, 3 + n)
        # The daemon finds out by looking; what was never made is given up
        # after three complete listings only (I-14).
        wait_for('%s is over' % what[0], lambda n=n:
                 w.group()['serving'] >= 3 + n, 60 if n < 2 else 200)
    a.trouble.once('GET', ('html',))
    a.trouble.once('GET', ('half',))
    a.trouble.once('GET', ('fine_error',))
    wait_for('all was played', lambda: not a.trouble.waiting(), 120)
    at_rest(w, a)


def story_too_often(place):
    """Two seconds are asked for: nothing comes before."""
    a = Account(place, 'hetzner')
    w = make(place, a).start()
    before = len(a.cloud.calls('POST'))
    at = []

    def fate(method, _):
        if method == 'POST' and not at:
            at.append(time.monotonic())
            return ('say', 429, 'rate_limit_exceeded', ('Retry-After', '2'))
        return None
    a.trouble.fate = fate
    more(w, 4)
    w.wait_serving(4)
    later = [t for t, _, _, _ in a.cloud.calls('POST')[before:]]
    expect(at and len(later) == 2, 'two more', later)
    # One may have been under way when the other was told.
    expect(later[-1] - at[0] >= 1.9, 'it waited', later[-1] - at[0])
    at_rest(w, a)


def story_servers_of_the_cloud_fail(place):
    """5xx, then success."""
    a = Account(place, 'hetzner')
    w = make(place, a)
    a.trouble.once('POST', ('say', 503, 'service_error'))
    a.trouble.once('POST', ('say', 500, 'server_error'))
    w.start()
    equal(len(a.cloud.created), 2, 'two servers')
    at_rest(w, a)


def story_a_hang(place):
    """Nothing comes back at all; the others go on."""
    a = Account(place, 'hetzner')
    w = make(place, a)
    a.trouble.once('POST', ('hang',))
    w.start(serving=1)
    w.wait_serving(2, 60)
    at_rest(w, a)


def story_old_and_empty_lists(place):
    """A list of yesterday takes nothing away: neither three nor thirty."""
    a = Account(place, 'hetzner')
    w = make(place, a).start()
    more(w, 5)
    w.wait_serving(5)
    ids = a.cloud.ids()
    w.wait_removals()
    n = [0]

    def fate(method, path):
        if method == 'GET' and a_list(path):
            n[0] += 1
            return ('empty',) if n[0] % 2 else ('stale',)
        return None
    a.trouble.fate = fate
    wait_for('three old lists', lambda: n[0] >= 3, 120, every=0.2)
    equal(a.cloud.ids(), ids, 'nobody was removed')
    equal(len(w.servers('serving')), 5, 'all serve')
    a.trouble.fate = None
    at_rest(w, a)


def story_a_label_is_taken_off(place):
    """Servers of other people, and one whose label was taken off."""
    a = Account(place, 'hetzner')
    for n, labels in enumerate([{}, {'plimsoll-owner': 'them'}]):
        a.cloud.create(dict(name='other-%d' % n, image='x', labels=labels,
                            server_type='y'))
    others = a.cloud.ids()
    w = make(place, a).start()
    more(w, 4)
    w.wait_serving(4)
    equal(len(w.servers()), 4, 'others are not ours')
    given = int(w.servers()[0]['id'])
    with a.cloud.lock:
        a.cloud.servers[given]['labels'] = {}
    w.wait_removals()
    w.word(drain=str(given))
    wait_for('it is no longer in the ledger', lambda:
             str(given) not in [s['id'] for s in w.servers()], 60)
    expect(str(given) in a.cloud.ids(), 'and was not deleted')
    equal([n for n in others if n not in a.cloud.ids()], [],
          'nor were the others')


def story_a_full_location(place):
    a = Account(place, 'hetzner', where='["a", "b", "c"]')
    a.cloud.full = {'a', 'b'}
    w = make(place, a).start()
    equal([s['location'] for s in a.cloud.servers.values()], ['c', 'c'],
          'the one that has room')
    at_rest(w, a)


def story_the_limit_is_reached(place):
    """The first one's limit is reached: the second takes the rest; what the
    first one has stays."""
    a, b = Account(place, 'hetzner'), Account(place, 'hetzner', 'backup')
    a.cloud.limit = 3
    w = make(place, a, b).start()
    equal((len(a.cloud.ids()), len(b.cloud.ids())), (2, 0), 'first the first')
    more(w, 6)
    w.wait_serving(6, 60)
    equal((len(a.cloud.ids()), len(b.cloud.ids())), (3, 3), 'then the second')
    at_rest(w, a, b)


def story_a_shut_account(place):
    """Its key is refused: for good, as far as we know.  The other serves."""
    a, b = Account(place, 'hetzner'), Account(place, 'hetzner', 'backup')
    a.cloud.key = 'another'
    w = make(place, a, b)
    w.start()
    equal(len(b.cloud.ids()), 2, 'the second has all')
    expect('unauthorized' in w.proc.text(), 'and it says why')




def story_readiness(place):
    """The key, the image, the limit: known before a launch needs them."""
    a = Account(place, 'hetzner', more='limit = 5; ')
    a.cloud.images = set()
    w = make(place, a, head='ready_every = "1s";').start()
    wait_for('the image is missed', lambda: row(w, 'main: image')[0] == 'no',
             20)
    wait_for('the key is good', lambda: row(w, 'main: key')[0] == 'yes', 20)
    ready, text = row(w, 'main: limit of servers')
    equal(ready, 'no', 'five are fewer than twelve')
    expect('ask the provider for 7 more' in text, 'how many more', text)
    a.cloud.images = {'shop-1'}
    wait_for('the image is there', lambda: row(w, 'main: image')[0] == 'yes',
             90, every=0.5)
    a.cloud.key = 'another'
    wait_for('the key is refused', lambda: row(w, 'main: key')[0] == 'no',
             60, every=0.5)


if __name__ == '__main__':
    lib.main(globals(), long=('story_each_kind_of_nonsense',
                              'story_old_and_empty_lists'))
