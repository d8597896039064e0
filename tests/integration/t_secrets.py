#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bundles of secrets: fetched at start and kept fresh, what is wrong with
them said before anybody needs them, kept over a reload, and never shown.
"""
import os

import lib
from kit import Kit
from lib import equal, expect, wait_for

# Odd bytes that a file of lines can carry.
CANARY = b'canary-\x01\xfe\xff"\\\x00\x1b[2J\t-yranac'

SECRETS = '''secrets: { shop: { type = "file"; path = "%s";
require = ["DB_PASSWORD"]; refresh = "%s"; }; };
'''


class Bundle:
    """A file of secrets that is the daemon's user's alone."""

    def __init__(self, place, name='shop.env'):
        self.place = place
        self.path = os.path.join(place.dir, name)

    def put(self, *lines, mode=0o640):
        new = self.path + '.new'
        with open(new, 'wb') as f:
            f.write(b'\n'.join(lines) + b'\n')
        if self.place.root:
            # the daemon's group may read what root owns
            os.chown(new, 0, self.place.daemon_user.pw_gid)
        os.chmod(new, mode)
        os.rename(new, self.path)
        return self


def secret(w, name='shop'):
    for s in w.call('status')['secrets']:
        if s['secret'] == name:
            return s
    return None


def secret_is(w, **want):
    s = secret(w)
    return s is not None and all(s[k] == v for k, v in want.items())


def story_missing_rotated_down(place):
    """Alarms from the first fetch on, and the end of each."""
    b = Bundle(place).put(b'OTHER=1')
    w = Kit(place, head=SECRETS % (b.path, '1s')).boot()
    wait_for('it is known to be incomplete', lambda: secret_is(
        w, complete=False, fresh=True, missing='DB_PASSWORD',
        alarms=['secret_incomplete']))
    wait_for('and said', lambda: 'alarm=secret_incomplete' in w.proc.text())
    expect('LACKS DB_PASSWORD' in w.run('status'), 'the status says so')
    b.put(b'DB_PASSWORD=' + CANARY)
    wait_for('it is complete', lambda: secret_is(
        w, complete=True, fresh=True, missing='', alarms=[], rotations=1))
    wait_for('it is said that it was rotated',
             lambda: 'a secret was rotated' in w.proc.text())
    os.unlink(b.path)
    wait_for('its source is down, it serves on', lambda: secret_is(
        w, complete=True, fresh=False, alarms=['secret_source_down']))
    b.put(b'DB_PASSWORD=' + CANARY)
    wait_for('all is well', lambda: secret_is(
        w, complete=True, fresh=True, alarms=[], rotations=1))
    expect('complete, fetched' in w.run('status'), 'the status says so')


def story_kept_over_a_reload(place):
    b = Bundle(place).put(b'DB_PASSWORD=1')
    c = Bundle(place, 'other.env')
    w = Kit(place, head=SECRETS % (b.path, '1h')).boot()
    wait_for('it is complete', lambda: secret_is(w, complete=True))
    # another thing changes: no fetch
    os.unlink(b.path)
    w.write(w.policy(head='log_level = "debug";\n' + SECRETS % (
        b.path, '1h')))
    w.run('reload')
    expect(secret_is(w, complete=True, fresh=True), 'it is the same one',
           secret(w))
    # another source: the old one serves until it has something
    w.write(w.policy(head=SECRETS % (c.path, '1h')))
    expect('secrets.shop.path' in w.run('reload'), 'the plan says so')
    wait_for('the new source has nothing yet', lambda: secret_is(
        w, complete=True, fresh=False, alarms=['secret_source_down']))
    c.put(b'DB_PASSWORD=2')
    wait_for('it has', lambda: secret_is(w, complete=True, fresh=True,
                                         rotations=1))
    w.write(w.policy(head=''))
    w.run('reload')
    equal(w.call('status')['secrets'], [], 'none is left')


if __name__ == '__main__':
    lib.main(globals())
