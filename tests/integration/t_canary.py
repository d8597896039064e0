#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A secret with odd bytes from each source is found nowhere it should not be:
no log, no argument, no environment, no file, no answer, no core (I-35).
"""
import json
import os
import re
import subprocess
import time

import lib
from bao import Bao
from kit import Kit
from lib import equal, expect, wait_for
from t_daemon import get, listening
from t_secrets import Bundle, secret

# What a file and a program can carry; and what JSON can, which is text.
RAW = b'canary-%s\x01\xfe\xff"\\\x00\x1b[2J\t-yranac'
TEXT = 'canary-%s\x00\x01"\\/\n\u20ac\U0001f600-yranac'
NAMES = ('file', 'command', 'vault')
MARKS = [b'canary-%s' % n.encode() for n in NAMES]

HEAD = '''secrets: {
  file: { type = "file"; path = "%s"; require = ["A"]; refresh = "1s"; };
  command: { type = "command"; command = ["/bin/cat", "%s"];
             require = ["A"]; refresh = "1s"; };
  vault: { type = "vault"; address = "%s"; ca_file = "%s"; refresh = "1s";
           path = "secret/shop"; token_file = "%s"; require = ["A"]; };
};
log_level = "debug";
'''


class Stage:
    def __init__(self, place):
        self.place = place
        self.bao = Bao(place)
        self.bao.put(A=TEXT % 'vault')
        self.file = Bundle(place, 'file.env').put(b'A=' + RAW % b'file')
        self.other = Bundle(place, 'command.env').put(
            b'A=' + RAW % b'command')
        token = self.bao.token(ttl='1h')
        self.token = Bundle(place, 'token').put(token.encode())
        self.marks = MARKS + [token.encode()]
        self.listen = listening(place)
        self.w = Kit(place, listen=self.listen, head=HEAD % (
            self.file.path, self.other.path, self.bao.address, self.bao.ca,
            self.token.path)).start()

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
                    int(pid) != self.bao.proc.pid:
                yield pid, line, env

    def files(self):
        """All below the stage, but where the secrets come from."""
        sources = {self.file.path, self.other.path, self.token.path}
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


def arena(pid):
    """What is neither dumped nor inherited, of a live process."""
    with open('/proc/%d/smaps' % pid, encoding='ascii') as f:
        text = f.read()
    areas = re.findall(r'^([0-9a-f]+)-([0-9a-f]+) rw\S+ .*?^VmFlags: '
                       r'([a-z ]+)$', text, re.M | re.S)
    data = b''
    with open('/proc/%d/mem' % pid, 'rb', buffering=0) as mem:
        for begin, end, flags in areas:
            if {'dd', 'dc'} <= set(flags.split()):
                mem.seek(int(begin, 16))
                data += mem.read(int(end, 16) - int(begin, 16))
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
    locked = arena(pid)
    for mark in MARKS:
        expect(mark in locked, 'the arena has it', mark)
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
    for name in NAMES:
        wait_for('%s is wrong' % name, lambda name=name: not secret(
            s.w, name)['fresh'])
    for path in ('/metrics', '/', '/healthz', '/v1/status'):
        s.clean(get(s.listen, path).encode(), path)
    for call in ('status', 'servers', 'history'):
        fields = dict(group='shop') if call != 'status' else {}
        s.clean(json.dumps(s.w.call(call, **fields)).encode(), call)
        s.clean(s.w.run(call, *fields.values()).encode(), call)
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
