#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Secrets from AWS as moto's server knows it: Secrets Manager, parameters of
Systems Manager.  moto checks no signature: that libcurl's is right was
measured against another verifier.
"""
import base64
import json
import os
import urllib.error
import urllib.request

import lib
from bao import free_port
from kit import Kit
from lib import Failed, expect, wait_for
from t_secrets import Bundle, secret, secret_is

RAW = b'canary-\x01\xfe\xff"\\\x00\x1b[2J\t-yranac'
HEAD = '''secrets: { shop: { type = "aws"; region = "eu-west-1";
address = "%s"; credentials_file = "%s"; profile = "shop"; %s;
require = ["DB_PASSWORD"]; refresh = "1s"; }; };
'''
CREDENTIALS = b'''# who we are
[default]
aws_access_key_id = wrong key
[shop]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = canary-key/of+the=test
'''


class Moto:
    def __init__(self, place):
        program = os.path.join(os.environ.get('PLIMSOLL_VENV') or
                               os.path.join(lib.BUILD, 'venv'), 'bin',
                               'moto_server')
        if not os.access(program, os.X_OK):
            raise Failed('%s is missing: contrib/venv installs it' % program)
        self.port = free_port()
        self.address = 'http://127.0.0.1:%d' % self.port
        self.proc = place.start('moto', [
            program, '-H', '127.0.0.1', '-p', str(self.port)])
        wait_for('moto answers', self.up, 60, every=0.2)

    def up(self):
        if not self.proc.running():
            raise Failed('moto ended: ' + self.proc.text()[-2000:])
        try:
            self.call('secretsmanager', 'secretsmanager.ListSecrets')
            return True
        except OSError:
            return False

    def call(self, service, target, **fields):
        q = urllib.request.Request(
            self.address + '/', data=json.dumps(fields).encode(), headers={
                'X-Amz-Target': target,
                'Content-Type': 'application/x-amz-json-1.1',
                'Authorization': 'AWS4-HMAC-SHA256 Credential=x/20261124/'
                'eu-west-1/%s/aws4_request, SignedHeaders=host, '
                'Signature=0' % service})
        try:
            with urllib.request.urlopen(q, timeout=20) as a:
                return json.loads(a.read())
        except urllib.error.HTTPError as e:
            raise Failed('%s: %s' % (target, e.read())) from e

    def secret(self, what, **fields):
        return self.call('secretsmanager', 'secretsmanager.' + what, **fields)

    def parameter(self, name, value):
        self.call('ssm', 'AmazonSSM.PutParameter', Name=name, Value=value,
                  Type='SecureString', Overwrite=True)


def well(w, **more):
    return secret_is(w, complete=True, fresh=True, alarms=[], **more)


def says(w, sentence):
    s = secret(w)
    return not s['fresh'] and sentence in s['why']


def story_secrets_manager(place):
    moto = Moto(place)
    cred = Bundle(place, 'credentials').put(CREDENTIALS)

    def head(name='shop'):
        return HEAD % (moto.address, cred.path, 'secret = "%s"' % name)
    w = Kit(place, head=head()).boot()
    wait_for('there is none', lambda: says(
        w, '(ResourceNotFoundException)'))
    moto.secret('CreateSecret', Name='shop', SecretString=json.dumps(
        dict(DB_PASSWORD='canary-\u20ac\x00"\\', PORT=1)))
    wait_for('it is there', lambda: well(w))
    expect(len(secret(w)['version']) > 8, 'its version', secret(w))
    moto.secret('PutSecretValue', SecretId='shop',
                SecretString='# lines\nDB_PASSWORD=2\n')
    wait_for('another one', lambda: well(w, rotations=1))
    # any bytes at all
    moto.secret('PutSecretValue', SecretId='shop', SecretBinary=base64.
                b64encode(b'DB_PASSWORD=' + RAW).decode())
    wait_for('and another', lambda: well(w, rotations=2))
    cred.put(CREDENTIALS.replace(b'[shop]', b'[other]'))
    wait_for('we are nobody', lambda: says(w, 'profile [shop]'))
    cred.put(CREDENTIALS)
    wait_for('we are again', lambda: well(w))
    moto.proc.stop()
    wait_for('it is down', lambda: secret_is(
        w, complete=True, fresh=False, alarms=['secret_source_down']))
    w.stop()
    expect('canary' not in w.proc.text(), 'no secret in the log')


def story_parameters(place):
    moto = Moto(place)
    cred = Bundle(place, 'credentials').put(CREDENTIALS)
    w = Kit(place, head=HEAD % (moto.address, cred.path,
                                'parameters = "/shop"')).boot()
    wait_for('there is none', lambda: says(w, 'there is none'))
    # three pages of ten; what is deeper is not of the bundle
    for i in range(24):
        moto.parameter('/shop/KEY_%d' % i, 'value "%d" \u20ac\\' % i)
    moto.parameter('/shop/deeper/DB_PASSWORD', '1')
    wait_for('one is missing', lambda: secret_is(
        w, complete=False, fresh=True, missing='DB_PASSWORD'))
    moto.parameter('/shop/Z', '1')
    moto.parameter('/shop/DB_PASSWORD', 'canary')
    wait_for('all are there', lambda: well(w))
    moto.parameter('/shop/not-a-key', '1')
    wait_for('a name that is none', lambda: says(w, 'named otherwise'))
    expect(secret_is(w, complete=True), 'the last good bundle serves on')


if __name__ == '__main__':
    lib.main(globals())
