# SPDX-License-Identifier: MIT
"""A real OpenBao server in memory, over TLS, for the source `vault`."""
import json
import os
import random
import socket
import ssl
import urllib.error
import urllib.request

import lib
from lib import Failed, wait_for

ROOT = 'root-token-of-the-test'


def program():
    path = os.path.join(os.environ.get('PLIMSOLL_VENV') or
                        os.path.join(lib.BUILD, 'venv'), 'bin', 'bao')
    if not os.access(path, os.X_OK):
        raise Failed('%s is missing: contrib/venv installs it' % path)
    return path


def free_port():
    """Its certificate is for 127.0.0.1 alone."""
    rng = random.SystemRandom()
    for _ in range(200):
        port = rng.randint(20000, 31000)
        with socket.socket() as s:
            try:
                s.bind(('127.0.0.1', port))
            except OSError:
                continue
        return port
    raise Failed('no free port')


class Bao:
    """Key-value engine version 2 at secret/; a policy `shop` may read it."""

    def __init__(self, place):
        self.place = place
        self.port = free_port()
        self.address = 'https://127.0.0.1:%d' % self.port
        certs = os.path.join(place.dir, 'bao-certs')
        os.mkdir(certs, 0o755)
        self.ca = os.path.join(certs, 'vault-ca.pem')
        self.proc = place.start('bao', [
            program(), 'server', '-dev', '-dev-tls',
            '-dev-tls-cert-dir=' + certs, '-dev-no-store-token',
            '-dev-root-token-id=' + ROOT,
            '-dev-listen-address=127.0.0.1:%d' % self.port],
            env=dict(os.environ, HOME=place.dir))
        wait_for('OpenBao answers', self.up, 30, every=0.1)
        os.chmod(self.ca, 0o644)
        self.call('sys/policies/acl/shop', dict(policy='''
path "secret/data/*" { capabilities = ["read"] }
'''), method='PUT')

    def up(self):
        if not self.proc.running():
            raise Failed('OpenBao ended: ' + self.proc.text()[-2000:])
        try:
            self.call('secret/config')
            return True
        except (OSError, Failed):
            return False

    def call(self, path, body=None, method=None, token=ROOT):
        """What the API answers; None for an empty answer."""
        data = None if body is None else json.dumps(body).encode()
        q = urllib.request.Request(
            '%s/v1/%s' % (self.address, path), data=data, method=method,
            headers={'X-Vault-Token': token})
        context = ssl.create_default_context(cafile=self.ca)
        try:
            with urllib.request.urlopen(q, timeout=10, context=context) as a:
                text = a.read()
        except urllib.error.HTTPError as e:
            raise Failed('%s: %s %s' % (path, e.code, e.read())) from e
        return json.loads(text) if text else None

    def put(self, name='shop', **data):
        """A new version; its number."""
        return self.call('secret/data/' + name, dict(data=data))[
            'data']['version']

    def token(self, **fields):
        return self.call('auth/token/create', dict(
            fields, policies=['shop']))['auth']['client_token']
