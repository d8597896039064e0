#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""plimsoll-boot against the real endpoint, under dash and under busybox with
nothing but busybox's tools and curl.  Every tool is run through a wrapper that
notes its arguments and its environment: no secret and no token is there."""
import glob
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile

import lib
from lib import TOP, BUILD, equal, expect, wait_for

SCRIPT = os.path.join(TOP, 'contrib', 'boot', 'plimsoll-boot')
ODD = b'\0canary-7f3a\n"\\\xff\xfe\n\n'
PLAIN = b'canary-51c2-plain'
TOOLS = ('od tr sed cut ls id mkdir ln mv rm stat base64 sha256sum tar gzip '
         'xz sleep cp chmod cat curl grep env').split()
# What is run as the service: it tells what it sees, then waits.
SERVICE = '''#!/bin/sh
echo "$$" >"$OUT.new"
for f in "$PLIMSOLL_SECRETS"/*; do echo "$f"; done >>"$OUT.new"
env >>"$OUT.new"; umask >>"$OUT.new"; pwd >>"$OUT.new"
mv "$OUT.new" "$OUT"
exec sleep 600
'''


class Boots:
    """An endpoint, boot files for n servers, a shell with its tools."""

    def __init__(self, place, shell, n=1, url='', sha=''):
        self.place, self.shell = place, shell
        self.dir = os.path.join(place.dir, shell)
        os.makedirs(os.path.join(self.dir, 'secrets'))
        for name, value in (('ODD', ODD), ('sync', PLAIN), ('EMPTY', b''),
                            ('artifact_url', b'x')):
            with open(os.path.join(self.dir, 'secrets', name), 'wb') as f:
                f.write(value)
        self.certificate('cert.pem', 'key.pem')
        self.memory = tempfile.mkdtemp(prefix='plimsoll-test-',
                                       dir='/dev/shm')
        self.n, self.args = n, [url, sha] if url else []
        self.tools()
        self.server = None
        with open(os.path.join(self.dir, 'service'), 'w',
                  encoding='ascii') as f:
            f.write(SERVICE)
        os.chmod(f.name, 0o755)

    def certificate(self, cert, key):
        subprocess.run(
            ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
             'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj',
             '/CN=boot', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout',
             os.path.join(self.dir, key), '-out',
             os.path.join(self.dir, cert)], check=True,
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.chmod(os.path.join(self.dir, key), 0o600)

    def tools(self):
        """A PATH with one wrapper for each tool, and nothing else."""
        self.path = os.path.join(self.dir, 'tools')
        self.seen = os.path.join(self.dir, 'seen')
        os.mkdir(self.path)
        for tool in TOOLS:
            real = shutil.which(tool)
            if self.shell == 'busybox' and tool != 'curl':
                real = '%s %s' % (shutil.which('busybox'), tool)
            path = os.path.join(self.path, tool)
            with open(path, 'w', encoding='ascii') as f:
                f.write('#!/bin/sh\n{ /usr/bin/tr "\\0" "\\n" '
                        '</proc/$$/cmdline; /usr/bin/tr "\\0" "\\n" '
                        '</proc/$$/environ; } >>%s\nexec %s "$@"\n'
                        % (self.seen, real))
            os.chmod(path, 0o755)

    def serve(self):
        """Begins the endpoint; boot files are there when this returns."""
        self.server = self.place.start(
            'server-%s' % self.shell,
            [os.path.join(BUILD, 'tests', 'integration', 'boot-server'),
             self.dir, str(self.n)] + self.args)
        wait_for('the endpoint', lambda: 'port ' in self.told())

    def command(self, word):
        with open(os.path.join(self.dir, 'commands'), 'w',
                  encoding='ascii') as f:
            f.write(word)

    def told(self):
        return self.server.text()

    def out(self, name):
        return os.path.join(self.dir, 'out.' + name)

    def argv(self, i, *more, limit=60):
        shell = ['dash'] if self.shell == 'dash' else ['busybox', 'sh']
        shell[0] = shutil.which(shell[0])
        return shell + [SCRIPT, '-f', os.path.join(self.dir, 'boot.%d' % i),
                        '-d', self.memory, '-t', str(limit), '-a',
                        os.path.join(self.dir, 'artifacts'), *more]

    def env(self, name):
        return {'PATH': self.path, 'OUT': self.out(name),
                'HOME': self.dir, 'PLIMSOLL_BOOT': '/nonexistent'}

    def boot(self, i, name, limit=60):
        """Runs it in the background, up to its service and on."""
        return self.place.start(
            'boot-%s-%s' % (self.shell, name),
            ['/bin/sh', '-c', 'umask 027; exec "$@"', 'sh'] +
            self.argv(i, '--', os.path.join(self.dir, 'service'),
                      limit=limit), env=self.env(name))

    def run(self, i, *more, limit=60):
        """Runs it without a service to its end: status and words."""
        p = subprocess.run(self.argv(i, *more, limit=limit),
                           env=self.env('run'), stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           timeout=lib.PATIENCE * 120, check=False)
        return p.returncode, p.stdout.decode('utf-8', 'replace')

    def service(self, name):
        """What the service saw: pid, secret files, environment, folder."""
        wait_for('the service', lambda: os.path.exists(self.out(name)), 60)
        with open(self.out(name), encoding='utf-8') as f:
            return f.read().splitlines()

    def secrets(self, i):
        with open(os.path.join(self.dir, 'boot.%d' % i),
                  encoding='ascii') as f:
            token = f.read().split('token=')[1][:32]
        return os.path.join(self.memory, token, 'secrets')

    def check_secrets(self, i):
        folder = self.secrets(i)
        equal(sorted(os.listdir(folder)),
              ['EMPTY', 'ODD', 'artifact_url', 'sync'], 'the secrets')
        equal(stat.S_IMODE(os.stat(folder).st_mode), 0o700, 'their folder')
        for name, value in (('ODD', ODD), ('sync', PLAIN), ('EMPTY', b'')):
            path = os.path.join(folder, name)
            with open(path, 'rb') as f:
                equal(f.read(), value, name)
            equal(stat.S_IMODE(os.stat(path).st_mode), 0o600, name)

    def phases(self, i):
        return [int(t.split()[2]) for t in self.told().splitlines()
                if t.startswith('phase %d ' % i)]

    def wait_phases(self, i, *expected):
        wait_for('phases %r of %d' % (expected, i),
                 lambda: set(expected) <= set(self.phases(i)), 60)

    def end(self):
        # whoever reports beside a boot has ended when its words are gone
        wait_for('all is reported', lambda: not glob.glob(
            os.path.join(self.memory, '*', 'words.*')), 60)
        shutil.rmtree(self.memory, ignore_errors=True)


def token_of(boots, i):
    with open(os.path.join(boots.dir, 'boot.%d' % i), encoding='ascii') as f:
        return f.read().split('token=')[1].split()[0]


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def files_with(folder, needle):
    """Files below a folder that hold these bytes."""
    hits = []
    for where, _, names in os.walk(folder):
        for path in [os.path.join(where, name) for name in names]:
            if os.path.isfile(path) and needle in read(path):
                hits.append(path)
    return hits


def artifact(place, shell):
    """A tar.gz with one file, and its hash."""
    path = os.path.join(place.dir, 'shop-%s.tar.gz' % shell)
    page = os.path.join(place.dir, 'release')
    with open(page, 'w', encoding='ascii') as f:
        f.write('release 7')
    with tarfile.open(path, 'w:gz') as t:
        t.add(page, arcname='release')
    with open(path, 'rb') as f:
        return path, hashlib.sha256(f.read()).hexdigest()


def each_shell(play):
    def story(place):
        for shell in ('dash', 'busybox'):
            play(place, shell)
    return story


def whole(place, shell):
    path, sha = artifact(place, shell)
    web = place.start('web-' + shell, [
        sys.executable, '-c', 'import http.server as h, os, sys\n'
        'os.chdir(sys.argv[1])\n'
        's = h.HTTPServer(("127.0.0.1", 0), h.SimpleHTTPRequestHandler)\n'
        'print("port", s.server_port, flush=True)\ns.serve_forever()',
        place.dir])
    port = wait_for('the web server', lambda: web.text().partition(
        'port ')[2].partition('\n')[0])
    b = Boots(place, shell, 2, 'http://127.0.0.1:%s/%s'
              % (port, os.path.basename(path)), sha)
    try:
        b.serve()
        p = b.boot(0, 'whole')
        seen = b.service('whole')
        equal(seen[0], str(p.pid), 'the service has the same process')
        expect('PLIMSOLL_SECRETS=' + b.secrets(0) in seen, 'told where')
        expect('PLIMSOLL_SYNC=skip' in seen, 'told of the sync')
        expect(not any(t.startswith('PLIMSOLL_BOOT=') for t in seen),
               'not told of the token')
        equal(int(seen[-2], 8), 0o027, 'its umask is the caller\'s')
        equal(seen[-1], os.path.join(b.dir, 'artifacts', sha), 'its folder')
        with open(os.path.join(seen[-1], 'release'), encoding='ascii') as f:
            equal(f.read(), 'release 7', 'the artifact')
        b.check_secrets(0)
        b.wait_phases(0, 3, 4, 5)
        # Again, as after a crash: it asks nobody, and nobody is alarmed.
        asked = b.told().count('asked 0')
        equal(b.run(0)[0], 0, 'a second run')
        b.check_secrets(0)
        equal(b.told().count('asked 0'), asked, 'asked once')
        expect('refused' not in b.told(), 'nothing refused')
        # A tool that saw a secret, or the token's secret part, tells.
        with open(b.seen, 'rb') as f:
            text = f.read()
        expect(b'--cacert' in text, 'the wrappers note')
        for part in (b'canary', token_of(b, 0)[33:].encode()):
            expect(part not in text, 'no tool sees', part)
        # whole arguments: a random name may well end in -k
        for arg in (b'--insecure', b'-k'):
            expect(arg not in text.split(b'\n'), 'no tool is told', arg)
        equal([f for f in files_with(place.dir, b'canary-7f3a')
               if not f.endswith('/secrets/ODD')], [],
              'no file outside of memory holds a secret')
        # The service ends: the next boot takes its secrets away.
        p.kill()
        p.wait()
        q = b.boot(1, 'next')
        b.service('next')
        expect(not os.path.exists(b.secrets(0)), 'old secrets are gone')
        q.stop()
    finally:
        b.end()
        web.stop()


def trouble(place, shell):
    """The endpoint is not ready, not there, another; somebody was first."""
    b = Boots(place, shell, 5)
    try:
        b.serve()
        b.command('not')
        p = b.boot(0, 'late')
        wait_for('it asks again', lambda: b.told().count('asked 0') >= 3, 60)
        expect(not os.path.exists(b.out('late')), 'no service meanwhile')
        # a restart of the daemon may lose it
        name = os.path.join(b.dir, 'boot.0')
        os.rename(name, name + '.lost')
        b.command('ready')
        b.service('late')
        os.rename(name + '.lost', name)
        b.check_secrets(0)
        p.stop()
        # Killed where it has redeemed its token and has no answer yet.
        b.command('not')
        p = b.boot(1, 'killed')
        wait_for('it has asked', lambda: 'asked 1' in b.told(), 60)
        p.kill()
        p.wait()
        b.command('ready')
        equal(b.run(1)[0], 0, 'the second run')
        b.check_secrets(1)
        # Another took the token first.
        other = tempfile.mkdtemp(prefix='plimsoll-test-', dir='/dev/shm')
        equal(b.run(2, '-d', other)[0], 0, 'the first')
        shutil.rmtree(other)
        status, words = b.run(2)
        equal(status, 3, 'the second is refused')
        expect('refuses this server' in words, 'and says so', words)
        expect(not os.path.exists(b.secrets(2)), 'without a secret')
        wait_for('an alarm', lambda: 'refused other nonce' in b.told() or
                 'refused replayed' in b.told())
        # A folder that is no memory, a boot file that others may read.
        status, words = b.run(3, '-d', b.dir)
        expect(status == 1 and 'mode 0700' in words, 'an open folder', words)
        slow = tempfile.mkdtemp(prefix='plimsoll-', dir='/var/tmp')
        status, words = b.run(3, '-d', slow)
        shutil.rmtree(slow)
        expect(status == 1 and 'not in memory' in words, 'a disk', words)
        os.chmod(os.path.join(b.dir, 'boot.3'), 0o644)
        status, words = b.run(3)
        expect(status == 1 and 'mode 0600' in words, 'an open file', words)
        os.chmod(os.path.join(b.dir, 'boot.3'), 0o600)
        expect('asked 3' not in b.told(), 'and it asked nobody')
        # Somebody else's certificate, and a user who would take it.
        b.certificate('cert.pem', 'key.pem')
        b.command('new')
        wait_for('the other certificate', lambda: 'new 0' in b.told())
        with open(os.path.join(b.dir, '.curlrc'), 'w', encoding='ascii') as f:
            f.write('insecure\n')
        status, words = b.run(3, limit=2)
        equal(status, 1, 'no boot from a stranger')
        expect('asked 3' not in b.told() and 'state 3' not in b.told(),
               'who is not told the token')
    finally:
        b.end()


def spoilt(place, shell):
    """An artifact that is not what its hash says is not run."""
    path, sha = artifact(place, shell)
    b = Boots(place, shell, 1, 'http://127.0.0.1:9/' + os.path.basename(path),
              sha[:-1] + ('0' if sha[-1] != '0' else '1'))
    try:
        # curl may read files here: the address in its place, as a wrapper
        with open(os.path.join(b.path, 'curl'), encoding='ascii') as f:
            text = f.read()
        with open(os.path.join(b.path, 'curl'), 'w', encoding='ascii') as f:
            f.write(text.replace('exec ', 'for a; do case $a in http://*) '
                                 'while [ "$1" != --output ]; do shift; done;'
                                 ' exec cp %s "$2";; esac; done\nexec '
                                 % path))
        b.serve()
        p = b.boot(0, 'spoilt', limit=3)
        equal(p.wait(lib.PATIENCE * 60), 1, 'it gives up')
        expect(not os.path.exists(b.out('spoilt')), 'no service')
        wait_for('a report', lambda: 'the artifact could not be had' in
                 b.told())
        equal(os.listdir(os.path.join(b.dir, 'artifacts')), [], 'nothing left')
        # -t is for all of it: each try is given what is left of it
        with open(b.seen, 'rb') as f:
            told = f.read().split(b'\n')
        times = [int(told[i + 1]) for i, arg in enumerate(told)
                 if arg == b'--max-time' and told[i - 2] == b'--speed-time']
        equal(times, sorted(times, reverse=True), 'less from try to try')
        expect(1 <= times[-1] < 3, 'and the last one little', times)
    finally:
        b.end()


story_whole = each_shell(whole)
story_trouble = each_shell(trouble)
story_spoilt = each_shell(spoilt)

if __name__ == '__main__':
    lib.main(globals())
