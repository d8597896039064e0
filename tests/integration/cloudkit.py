# SPDX-License-Identifier: MIT
"""A daemon over accounts of clouds (clouds.py), and the story that each
cloud must stand: killed again and again, with trouble on every call."""
import os
import random
import time

from clouds import DigitaloceanStandIn, HetznerStandIn, Trouble, a_list
from kit import Kit
from lib import equal, expect, wait_for

LAUNCHES = int(os.environ.get('PLIMSOLL_LAUNCHES', '12'))

KINDS = {c.KIND: c for c in (HetznerStandIn, DigitaloceanStandIn)}
PROVIDER = '''  %(name)s: { type = "%(kind)s"; address = "%(url)s";
          token_file = "%(token)s"; owner = "shop";
          calls_per_hour = %(per_hour)d; %(more)s};
'''
WAY = '''      %(name)s: { image = "shop-1"; size = "cx22"; locations = %(where)s;
              port = %(port)d; };
'''


class Account:
    """One account: the stand-in, its description if there is one, trouble."""

    def __init__(self, place, kind, name='main', per_hour=360000,
                 where='["ams3", "fra1"]', more=''):
        self.kind, self.name, self.more = kind, name, more
        self.per_hour, self.where = per_hour, where
        self.key = 'key-of-%s-%d' % (name, random.randrange(10 ** 9))
        self.cloud = KINDS[kind](place, self.key, place.port())
        self.trouble = Trouble(place, self.cloud)
        self.token = os.path.join(place.own, name + '.token')
        fd = os.open(self.token, os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(fd, self.key.encode() + b'\n')
        if place.daemon_user:
            os.fchown(fd, place.daemon_user.pw_uid, -1)
        os.close(fd)

    def provider(self):
        return PROVIDER % dict(kind=self.kind, name=self.name, url=self.trouble.url,
                               token=self.token, per_hour=self.per_hour,
                               more=self.more)

    def way(self):
        return WAY % dict(name=self.name, where=self.where,
                          port=self.cloud.server_port)


def make(place, *accounts, **values):
    """A daemon over these accounts, the first one first."""
    names = ', '.join('"%s"' % a.name for a in accounts)
    values.setdefault('boot_deadline', '60s')
    return Kit(
        place, service='50ms',
        providers=''.join(a.provider() for a in accounts),
        ways='      providers = [%s];\n' % names +
        ''.join(a.way() for a in accounts), **values)


def agree(w, *accounts):
    """Ledger, clouds and balancer say the same; nothing is on its way."""
    listed = w.servers()
    ids = sorted(n for a in accounts for n in a.cloud.ids())
    return (all(s['phase'] == 'serving' for s in listed) and
            sorted(s['id'] for s in listed) == ids and
            sorted(s['address'] for s in listed) ==
            sorted('%s:%d' % x for x in w.lb.serving()))


def at_rest(w, *accounts, deadline=60):
    """And no name was ever used for two servers (I-12); the description, if
    there is one, was kept in both directions."""
    wait_for('ledger and cloud agree', lambda: agree(w, *accounts), deadline,
             every=0.2)
    for a in accounts:
        twice = [n for n, k in a.cloud.created.items() if k != 1]
        equal(twice, [], 'one server an intent')
        equal(a.trouble.violations, [], 'as the provider describes it')
        expect('never-log-this' not in w.proc.text() and
               a.key not in w.proc.text(), 'no secret in a log')


def more(w, n):
    w.word(scale=n)


def row(w, what):
    """A row of launch readiness: (ready, text)."""
    for r in w.call('ready', group='shop')['groups'][0]['rows']:
        if r['what'] == what:
            return r['ready'], r.get('text', '')
    return None, ''


def troubled(seed):
    """What may befall a request, drawn from a seed."""
    rng = random.Random(seed)

    def fate(method, path):
        x = rng.random()
        if method == 'POST':
            return (('cut',) if x < 0.15 else ('drop',) if x < 0.25 else
                    ('say', 503, 'service_error') if x < 0.35 else
                    ('slow', 1.0) if x < 0.5 else ('html',) if x < 0.55
                    else None)
        if a_list(path):
            return (('stale',) if x < 0.1 else ('half',) if x < 0.2 else
                    ('say', 429, 'rate_limit_exceeded') if x < 0.25
                    else None)
        return ('cut',) if x < 0.1 else ('slow', 0.5) if x < 0.3 else None
    return fate


def exactly(w, n):
    """Said until it is durable: a slow disk refuses it for a moment."""
    wait_for('the word is taken', lambda: w.call(
        'word', group='shop', timeout=20, word=dict(
            scale=n, exact=True, force=True)).get('ok'), 30, every=0.2)


def soon(rng, before, a):
    """A few seconds, or in the midst of what it does."""
    then = time.monotonic() + rng.uniform(0.3, 3.0)
    wait_for('some time, or a launch', lambda: time.monotonic() > then or
             len(a.cloud.created) > before, 10)


def killed_again_and_again(place, kind):
    """-9 every few seconds, in the midst of launches and removals."""
    a = Account(place, kind)
    w = make(place, a).start()
    w.wait_removals()
    seed = int(os.environ.get('PLIMSOLL_SEED', time.time()))
    print('  PLIMSOLL_SEED=%d' % seed)
    a.trouble.fate = troubled(seed)
    rng = random.Random(seed + 1)
    kills, size = 0, 2
    while len(a.cloud.created) < 2 + LAUNCHES or kills < 5:
        # Up in small steps, then down again, which takes its time.
        down = size == 12
        size = 4 if down else size + 2
        exactly(w, size)
        if down:
            wait_for('some are removed', lambda: len(a.cloud.ids()) <= 8, 90)
        soon(rng, len(a.cloud.created), a)
        w.kill()
        kills += 1
        w.boot()
    a.trouble.fate = None
    exactly(w, 6)
    # An intent that was never made counts until it is surely not there.
    at_rest(w, a, deadline=300)
    wait_for('six serve', lambda: w.group()['serving'] == 6 and
             agree(w, a), 120, every=0.2)
    print('  %d launches, %d kills, played: %s' % (
        len(a.cloud.created), kills, dict(a.trouble.played)))
