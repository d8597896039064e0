#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A secret with odd bytes from each source is found nowhere it should not be:
no log, no argument, no environment, no file, no answer, no core (I-35).
"""
import base64
import json
import os
import re
import subprocess
import time

import lib
from bao import Bao
from kit import Kit
from lib import equal, expect, wait_for
from t_aws import CREDENTIALS, Moto
from t_daemon import get, listening
from t_secrets import Bundle, secret

# What a file and a program can carry; and what JSON can, which is text.
RAW = b'canary-%s\x01\xfe\xff"\\\x00\x1b[2J\t-yranac'
TEXT = 'canary-%s\x00\x01"\\/\n\u20ac\U0001f600-yranac'
NAMES = ('file', 'command', 'vault', 'aws')
MARKS = [b'canary-%s' % n.encode() for n in NAMES]

HEAD = '''secrets: {
  file: { type = "file"; path = "%(file)s"; require = ["A"]; refresh = "%(every)s"; };
  command: { type = "command"; command = ["/bin/cat", "%(command)s"];
             require = ["A"]; refresh = "%(every)s"; };
  vault: { type = "vault"; address = "%(address)s"; ca_file = "%(ca)s";
           refresh = "%(every)s"; path = "secret/shop"; require = ["A"];
           token_file = "%(token)s"; };
  aws: { type = "aws"; region = "eu-west-1"; address = "%(moto)s";
         secret = "shop"; credentials_file = "%(cred)s"; profile = "shop";
         refresh = "%(every)s"; require = ["A"]; };
};
log_level = "debug";
'''


class Stage:
    def __init__(self, place):
        self.place = place
        self.bao = Bao(place)
        self.bao.put(A=TEXT % 'vault')
        self.moto = Moto(place)
        self.moto.secret('CreateSecret', Name='shop', SecretBinary=self.raw())
        self.cred = Bundle(place, 'credentials').put(CREDENTIALS)
        self.file = Bundle(place, 'file.env').put(b'A=' + RAW % b'file')
        self.other = Bundle(place, 'command.env').put(
            b'A=' + RAW % b'command')
        token = self.bao.token(ttl='1h')
        self.token = Bundle(place, 'token').put(token.encode())
        self.marks = MARKS + [token.encode(), b'canary-key',
                              base64.b64encode(b'A=canary-')]
        self.listen = listening(place)
        self.w = Kit(place, listen=self.listen, head=self.head('1s')).start()

    def head(self, every):
        return HEAD % dict(
            every=every, file=self.file.path, command=self.other.path,
            address=self.bao.address, ca=self.bao.ca, token=self.token.path,
            moto=self.moto.address, cred=self.cred.path)

    @staticmethod
    def raw():
        return base64.b64encode(b'A=' + RAW % b'aws').decode()

    def good(self):
        self.bao.put(A=TEXT % 'vault')
        self.moto.secret('PutSecretValue', SecretId='shop',
                         SecretBinary=self.raw())
        self.file.put(b'A=' + RAW % b'file')
        self.other.put(b'A=' + RAW % b'command')

    def quiet(self):
        """All is there, and no fetch is under way for an hour."""
        self.good()
        self.w.write(self.w.policy(head=self.head('1h')))
        self.w.run('reload')
        for name in NAMES:
            wait_for('%s is there' % name, lambda name=name: secret_is_of(
                self.w, name))

    def clean(self, data, where):
        for mark in self.marks:
            expect(mark not in data, 'no secret in ' + where, mark)

    def processes(self):
        """Those of this stage, but the server that keeps secrets."""
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                with open('/proc/%s/cmdline' % pid, 'rb') as f:
                    line = f.read()
                with open('/proc/%s/environ' % pid, 'rb') as f:
                    env = f.read()
            except OSError:
                continue
            if self.place.dir.encode() in line and \
                    int(pid) not in (self.bao.proc.pid, self.moto.proc.pid):
                yield pid, line, env

    def files(self):
        """All below the stage, but where the secrets come from."""
        sources = {self.file.path, self.other.path, self.token.path,
                   self.cred.path}
        for folder, _, names in os.walk(self.place.dir):
            for name in names:
                path = os.path.join(folder, name)
                if path not in sources and os.path.isfile(path):
                    yield path


def fetched(w, name):
    """The moment of its last fetch, as seconds of the daemon's life."""
    status = w.call('status')
    return status['uptime'] - [s for s in status['secrets'] if
                               s['secret'] == name][0]['age']


def watch(s, rounds):
    """Looks at arguments and environments while all is fetched again."""
    for _ in range(rounds):
        last = {n: fetched(s.w, n) + 0.1 for n in NAMES}

        def again(last=last):
            for pid, line, env in s.processes():
                s.clean(line, 'the arguments of ' + pid)
                s.clean(env, 'the environment of ' + pid)
            return all(fetched(s.w, n) > last[n] for n in NAMES)
        wait_for('all were fetched again', again, 20, every=0.001)


def areas(pid):
    """What is mapped: (begin, size, rights, flags), where a page is there."""
    with open('/proc/%d/smaps' % pid, encoding='ascii') as f:
        text = f.read()
    for begin, end, rights, rss, flags in re.findall(
            r'^([0-9a-f]+)-([0-9a-f]+) (\S{4}) .*?^Rss: +(\d+) kB.*?'
            r'^VmFlags: ([a-z ]+)$', text, re.M | re.S):
        if rights[:2] == 'rw' and int(rss) > 0:
            yield (int(begin, 16), int(end, 16) - int(begin, 16),
                   set(flags.split()))


def memory(pid, wanted):
    """Those of its mappings whose flags are wanted."""
    data = b''
    with open('/proc/%d/mem' % pid, 'rb', buffering=0) as mem:
        for begin, size, flags in areas(pid):
            if wanted(flags):
                mem.seek(begin)
                data += mem.read(size)
    return data


def sanitized(pid):
    """Then it maps some TB, and gcore would write them all."""
    with open('/proc/%d/maps' % pid, encoding='ascii') as f:
        return any(int(line.split('-')[1].split()[0], 16) -
                   int(line.split('-')[0], 16) > 1 << 40 for line in f)


def core_of(s, pid):
    if sanitized(pid):
        return memory(pid, lambda flags: 'dd' not in flags)
    out = os.path.join(s.place.dir, 'core')
    p = subprocess.run(['gcore', '-o', out, str(pid)], check=False,
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True)
    path = '%s.%d' % (out, pid)
    expect(p.returncode == 0 and os.path.exists(path), 'there is a core',
           p.stdout)
    with open(path, 'rb') as f:
        data = f.read()
    os.unlink(path)
    return data


def core(s):
    """A real core of the live daemon, as a person with rights takes it."""
    pid = s.w.proc.pid
    if not s.place.root:
        try:
            with open('/proc/%d/mem' % pid, 'rb'):
                expect(False, 'nobody reads its memory')
        except PermissionError:
            return
    locked = memory(pid, lambda flags: {'dd', 'dc'} <= flags)
    for mark in MARKS:
        expect(mark in locked, 'the arena has it', mark)
    data = core_of(s, pid)
    expect(b'shop' in data and len(data) > 1 << 20, 'it is a core')
    s.clean(data, 'a core')


def story_found_nowhere(place):
    s = Stage(place)
    for name in NAMES:
        wait_for('%s is there' % name, lambda name=name: secret_is_of(
            s.w, name))
    watch(s, 5)
    # what has to be told when things go wrong
    s.file.put(RAW % b'file')
    s.other.put(b'{"A":"' + RAW % b'command')
    s.bao.call('secret/data/shop', dict(data=dict(A=dict(B=TEXT % 'vault'))))
    s.moto.secret('PutSecretValue', SecretId='shop', SecretBinary=base64.
                  b64encode(RAW % b'aws').decode())
    for name in NAMES:
        wait_for('%s is wrong' % name, lambda name=name: not secret(
            s.w, name)['fresh'])
    for path in ('/metrics', '/', '/healthz', '/v1/status'):
        s.clean(get(s.listen, path).encode(), path)
    for call in ('status', 'servers', 'history'):
        fields = dict(group='shop') if call != 'status' else {}
        s.clean(json.dumps(s.w.call(call, **fields)).encode(), call)
        s.clean(s.w.run(call, *fields.values()).encode(), call)
    s.quiet()
    core(s)
    s.w.stop()
    n = 0
    for path in s.files():
        with open(path, 'rb') as f:
            s.clean(f.read(), path)
        n += 1
    expect(n > 10, 'files were looked at', n)


def story_no_core_when_it_dies(place):
    """The kernel writes none of it, whatever the limit of cores is."""
    s = Stage(place)
    wait_for('it is there', lambda: secret_is_of(s.w, 'file'))
    with open('/proc/%d/limits' % s.w.proc.pid, encoding='ascii') as f:
        line = [x.split() for x in f if x.startswith('Max core')][0]
    equal(line[4:6], ['0', '0'], 'its limit of cores')
    began = time.time()
    s.w.proc.kill(6)
    s.w.proc.wait()
    for path in list(s.files()) + [os.path.join('/', 'core')]:
        if os.path.basename(path).startswith('core') and \
                os.path.exists(path):
            expect(os.path.getmtime(path) < began, 'no core', path)


def secret_is_of(w, name):
    s = secret(w, name)
    return s is not None and s['complete'] and s['fresh']


if __name__ == '__main__':
    lib.main(globals())
