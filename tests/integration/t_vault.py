#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Secrets from a real OpenBao server: let in by token and by AppRole, ends
that are told before they come, a server that is down or seals itself.
"""
import lib
from bao import Bao
from kit import Kit
from lib import equal, expect, wait_for
from t_secrets import Bundle, secret, secret_is

HEAD = '''secrets: { shop: { type = "vault"; address = "%s"; ca_file = "%s";
path = "secret/%s"; require = ["DB_PASSWORD"]; refresh = "%s"; warn = "%s";
%s }; };
'''
# Characters that JSON escapes, and some that it need not.
ODD = 'canary-\x00\x01"\\/\n\u20ac\U0001f600-yranac'


class Stage:
    def __init__(self, place):
        self.place = place
        self.bao = Bao(place)
        self.token = Bundle(place, 'token')
        self.role = Bundle(place, 'role')
        self.id = Bundle(place, 'id')
        self.by_token = 'token_file = "%s";' % self.token.path
        self.by_role = ('role_id_file = "%s"; secret_id_file = "%s";' % (
            self.role.path, self.id.path))

    def head(self, how, refresh='1s', warn='1s', name='shop', ca=None):
        return HEAD % (self.bao.address, ca or self.bao.ca, name, refresh,
                       warn, how)

    def boot(self, *how, **more):
        return Kit(self.place, head=self.head(*how, **more)).boot()


def well(w):
    return secret_is(w, complete=True, fresh=True, alarms=[])


def says(w, sentence):
    """Is this why the last fetch failed?"""
    s = secret(w)
    return not s['fresh'] and sentence in s['why']


def fetched_at(w):
    """When it was fetched well, as seconds of the daemon's life."""
    status = w.call('status')
    return status['uptime'] - status['secrets'][0]['age']


def fetched_again(w):
    """A fetch ends after now, and well."""
    last = fetched_at(w) + 0.1
    wait_for('another fetch', lambda: fetched_at(w) > last, 20, every=0.1)
    expect(well(w), 'it went well', secret(w))


def story_by_token(place):
    s = Stage(place)
    s.bao.put(OTHER='1')
    s.token.put(s.bao.token(ttl='1h').encode())
    w = s.boot(s.by_token)
    wait_for('a key is missing', lambda: secret_is(
        w, complete=False, fresh=True, missing='DB_PASSWORD', version='1'))
    s.bao.put(DB_PASSWORD=ODD, PORT=5432)
    wait_for('the new version is seen', lambda: well(w) and secret_is(
        w, version='2', rotations=1))
    wait_for('it is said', lambda: 'a secret was rotated' in w.proc.text())
    # nobody is let in by a token that is none; the old bundle serves on
    s.token.put(b'no-such-token')
    wait_for('it is refused', lambda: says(w, '403') and secret_is(
        w, complete=True, alarms=['secret_source_down']))
    # a new one is found without a reload
    s.token.put(b' ' + s.bao.token(ttl='1h').encode() + b' \n')
    wait_for('all is well', lambda: well(w))
    # what a person gets wrong is said in words
    for how, why in ((dict(name='none'), '404'),
                     (dict(ca='/etc/hostname'), 'shop')):
        w.write(w.policy(head=s.head(s.by_token, **how)))
        w.run('reload')
        wait_for('it is said why', lambda why=why: says(w, why))
        expect(secret_is(w, complete=True), 'the old bundle serves on')
    w.write(w.policy(head=s.head(s.by_token)))
    w.run('reload')
    wait_for('all is well again', lambda: well(w))
    s.bao.call('sys/seal', {}, method='PUT')
    wait_for('it is sealed', lambda: says(w, '503'))
    s.bao.proc.stop()
    wait_for('it is down', lambda: says(w, "secret 'secret/shop': ") and
             not says(w, '503'))
    expect(secret_is(w, complete=True, alarms=['secret_source_down']),
           'the last good bundle serves on', secret(w))


def story_a_token_is_renewed(place):
    """One that lives 9 s unless it is renewed; and one that cannot be."""
    s = Stage(place)
    s.bao.put(DB_PASSWORD=ODD)
    s.token.put(s.bao.token(period='9s').encode())
    w = s.boot(s.by_token, refresh='1h')
    wait_for('it is there', lambda: well(w))
    for _ in range(5):
        fetched_again(w)
    expect(secret(w)['access_ends_in'] is None, 'nothing is to be told',
           secret(w))
    # its end is told while it works, and comes
    s.token.put(s.bao.token(ttl='8s', renewable=False).encode())
    w.write(w.policy(head=s.head(s.by_token, refresh='1s', warn='1h')))
    w.run('reload')
    wait_for('its end is told', lambda: secret_is(
        w, complete=True, fresh=True, alarms=['secret_access_ends']))
    wait_for('it has come', lambda: says(w, '403'), 20)
    expect('alarm=secret_access_ends' in w.proc.text(), 'the log says so')
    s.token.put(s.bao.token(period='1h').encode())
    wait_for('all is well', lambda: well(w))


def story_by_role(place):
    s = Stage(place)
    s.bao.put(DB_PASSWORD=ODD)
    s.bao.call('sys/auth/approle', dict(type='approle'))
    s.bao.call('auth/approle/role/shop', dict(
        token_policies=['shop'], token_ttl='4s', token_max_ttl='6s'))
    s.role.put(s.bao.call('auth/approle/role/shop/role-id')['data'][
        'role_id'].encode())
    secret_id = s.bao.call('auth/approle/role/shop/secret-id', {})['data']
    s.id.put(secret_id['secret_id'].encode())
    w = s.boot(s.by_role, refresh='1h', warn='1h')
    wait_for('it is there', lambda: well(w))
    # past the longest life of a token, without an alarm
    for _ in range(6):
        fetched_again(w)
    # a token that was taken back: logged in anew within the same fetch
    accessors = s.bao.call('auth/token/accessors', method='LIST')
    for accessor in accessors['data']['keys']:
        about = s.bao.call('auth/token/lookup-accessor',
                           dict(accessor=accessor))['data']
        if 'shop' in about['policies']:
            s.bao.call('auth/token/revoke-accessor',
                       dict(accessor=accessor))
    fetched_again(w)
    # a secret id that is taken back: said while the last token works
    s.bao.call('auth/approle/role/shop/secret-id-accessor/destroy', dict(
        secret_id_accessor=secret_id['secret_id_accessor']))
    wait_for('it is said', lambda: 'alarm=secret_access_ends' in
             w.proc.text() or 'alarm=secret_source_down' in w.proc.text())
    wait_for('we are not let in', lambda: says(w, 'AppRole'), 20)
    expect(secret_is(w, complete=True), 'the bundle serves on', secret(w))
    s.id.put(s.bao.call('auth/approle/role/shop/secret-id', {})['data'][
        'secret_id'].encode())
    wait_for('all is well', lambda: well(w), 20)


def story_an_end_of_its_own(place):
    """A version that is deleted by itself: warned of, then not served."""
    s = Stage(place)
    s.bao.call('secret/metadata/shop', dict(delete_version_after='20s'))
    s.bao.put(DB_PASSWORD=ODD)
    s.token.put(s.bao.token(ttl='1h').encode())
    w = s.boot(s.by_token, refresh='1s', warn='14s')
    wait_for('it is there, and ends', lambda: secret_is(
        w, complete=True, fresh=True) and
        secret(w)['ends_in'] is not None)
    wait_for('it is warned of', lambda: secret_is(
        w, complete=True, alarms=['secret_ends_soon']), 20)
    wait_for('it has ended', lambda: not secret(w)['complete'] and
             'secret_absent' in secret(w)['alarms'], 30)
    s.bao.put(DB_PASSWORD=ODD)
    wait_for('there is a new one', lambda: secret_is(
        w, complete=True, fresh=True), 20)
    equal(secret(w)['version'], '2', 'its version')


if __name__ == '__main__':
    lib.main(globals())
