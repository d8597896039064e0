#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The boot path, whole: servers that refuse to run without their secret,
started by plimsoll-boot with a token of their own, in a rush and over a
restart of the daemon; and whoever comes with a token that is not his.
"""
import glob
import hashlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tarfile
import tempfile

import lib
from kit import GENTLE, Kit
from lib import TOP, Rush, equal, expect, wait_for
from stage import alive, command_line, process_stat

CANARY = b'canary-\xfe\xff"\\\x01-yranac'

HEAD = '''secrets: { shop: { type = "file"; path = "%(secrets)s";
require = ["DB_PASSWORD"]; refresh = "1s"; }; };
boot: { listen = "%(address)s:%(port)d"; certificate = "%(cert)s";
key = "%(key)s"; };
'''

# The server: it looks at its secret first, as a shop that connects to its
# database does.
SERVER = '''#!/bin/sh
sum=$(sha256sum <"$PLIMSOLL_SECRETS/DB_PASSWORD" | cut -c1-64)
[ "$sum" = %(sum)s ] || { echo "no secret" >&2; exit 9; }
echo "$PLIMSOLL_ID" >>%(came)s
exec %(launch)s "$@"
'''


class Boot(Kit):
    """A kit whose servers come by the boot path."""

    def __init__(self, place, **values):
        user = place.daemon_user
        self.memory = tempfile.mkdtemp(prefix='plimsoll-test-',
                                       dir='/dev/shm')
        place.at_end.append(lambda: shutil.rmtree(self.memory,
                                                  ignore_errors=True))
        self.secret = os.path.join(place.dir, 'shop.env')
        self.put(CANARY)
        cert, key = self.certificate(place)
        for path in (self.memory, self.secret, key):
            if user is not None:
                os.chown(path, user.pw_uid, user.pw_gid)
        self.port = place.port()
        self.came = os.path.join(place.own, 'came')
        script = shutil.copy(os.path.join(TOP, 'contrib', 'boot',
                                          'plimsoll-boot'), place.bin)
        server = os.path.join(place.dir, 'server')
        with open(server, 'w', encoding='ascii') as f:
            f.write(SERVER % dict(
                sum=hashlib.sha256(CANARY).hexdigest(), came=self.came,
                launch=os.path.join(place.dir, 'launch')))
        os.chmod(server, 0o755)
        super().__init__(
            place, head=HEAD % dict(
                secrets=self.secret, address=place.address, port=self.port,
                cert=cert, key=key),
            launch='", "'.join([script, '-d', self.memory, '-t', '60', '--',
                                server]), **values)
        self.cert = cert

    def policy(self, **values):
        return super().policy(**values).replace(
            'providers = ["here"];',
            'providers = ["here"]; secrets = "shop";')

    def put(self, value):
        with open(self.secret, 'wb') as f:
            f.write(b'DB_PASSWORD=' + value + b'\n')
        os.chmod(self.secret, 0o600)

    @staticmethod
    def certificate(place):
        cert = os.path.join(place.dir, 'boot.pem')
        key = os.path.join(place.dir, 'boot.key')
        subprocess.run(
            ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
             'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj',
             '/CN=boot', '-addext', 'subjectAltName=IP:' + place.address,
             '-keyout', key, '-out', cert], check=True,
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.chmod(key, 0o600)
        return cert, key

    def wait_serving(self, n, deadline=30):
        """And until who reports beside a boot has said it all."""
        super().wait_serving(n, deadline)
        wait_for('all is reported', lambda: not glob.glob(
            os.path.join(self.memory, '*', 'words.*')) and not
                 self.servers('decided', 'accepted', 'booted', 'secrets',
                              'artifact'), 60)

    def boot_file(self, name):
        with open(os.path.join(os.path.dirname(self.control), 'boot', name),
                  encoding='ascii') as f:
            return f.read()

    def token(self, name):
        return self.boot_file(name).split('token=')[1].split('\n')[0]

    def ask(self, token, nonce, path='/v1/boot/bundle'):
        """Status and body of one request to the endpoint."""
        ctx = ssl.create_default_context(cafile=self.cert)
        with ctx.wrap_socket(
                socket.create_connection((self.place.address, self.port),
                                         lib.PATIENCE * 10),
                server_hostname=self.place.address) as s:
            s.sendall((
                'POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n'
                'Plimsoll-Nonce: %s\r\nContent-Length: 0\r\n\r\n' % (
                    path, self.place.address, token, nonce)).encode())
            text = b''
            while True:
                got = s.recv(65536)
                if not got:
                    break
                text += got
        return int(text.split(b' ', 2)[1]), text.partition(b'\r\n\r\n')[2]

    def served(self):
        """Ids of the servers that had their secret, in their order."""
        try:
            with open(self.came, encoding='ascii') as f:
                return f.read().split()
        except FileNotFoundError:
            return []


def story_a_rush(place):
    w = Boot(place, **GENTLE).start()
    rush = Rush(place, [w.lb], '0:20,2:20,4:60,240:60')
    w.wait_serving(4, 60)
    rush.stop()
    w.wait_serving(4, 60)  # none is under way any more
    boot = w.call('status')['boot']
    expect(boot['bundles'] >= 4 and boot['refused'] == {}, 'as it should',
           boot)
    for s in w.servers('serving'):
        expect(s['id'] in w.served(), 'it had its secret', s['id'])
    # Its secret is in its folder in memory and nowhere else.
    for pid in list(w.pids()) + w.spawners() + [w.proc.pid]:
        for name in ('environ', 'cmdline'):
            with open('/proc/%d/%s' % (pid, name), 'rb') as f:
                expect(b'canary' not in f.read(), 'not in its ' + name)
    for where, _, names in os.walk(place.dir):
        for path in [os.path.join(where, n) for n in names]:
            if os.path.isfile(path) and path != w.secret:
                with open(path, 'rb') as f:
                    expect(b'canary' not in f.read(), 'not on the disk', path)


def story_no_secret_no_server(place):
    """The bundle is not complete: servers wait, and serve when it is."""
    w = Boot(place, **GENTLE)
    with open(w.secret, 'wb') as f:
        f.write(b'OTHER=1\n')
    w.boot()
    wait_for('servers ask in vain', lambda: w.call('status')['boot'][
        'not_ready'] >= 2, 30)
    equal(w.served(), [], 'none runs')
    equal(w.lb.serving(), [], 'none gets a customer')
    w.put(CANARY)
    w.wait_serving(2, 60)
    equal(len(set(w.served())), len(w.served()), 'each started once')


def story_tokens_of_others(place):
    w = Boot(place, **GENTLE).start()
    name = w.servers('serving')[0]['id']
    token = w.token(name)
    nonce = 'a' * 32
    status, body = w.ask(token, nonce)
    equal(status, 403, 'a token that was used')
    equal(body, b'', 'and not told why')
    equal(w.ask(token[:-1] + ('0' if token[-1] != '0' else '1'), nonce)[0],
          403, 'a foreign token')
    equal(w.ask(token, nonce, '/v1/boot/phase/failed')[0], 403, 'a report')
    wait_for('the alarm is told', lambda: w.call('status')['boot']['alarm'])
    expect('BOOT TOKEN REFUSED' in w.run('status'), 'to people, too')
    wait_for('it is logged', lambda: 'a boot token was refused' in
             w.proc.text() and name in w.proc.text())
    expect(token[33:] not in w.proc.text(), 'without the token')
    expect(name in [s['id'] for s in w.servers('serving')], 'it serves on')


def story_first_come(place):
    """Who races a server for its token and wins: the server does not run."""
    w = Boot(place, **GENTLE)
    with open(w.secret, 'wb') as f:
        f.write(b'OTHER=1\n') # nobody gets a bundle for now
    w.boot()
    folder = os.path.join(os.path.dirname(w.control), 'boot')
    wait_for('tokens', lambda: len(os.listdir(folder)) >= 2)
    wait_for('both have asked', lambda: w.call('status')['boot'][
        'not_ready'] >= 2, 30)
    # They were first: another is refused, although no secret has left.
    name = sorted(os.listdir(folder))[0]
    equal(w.ask(w.token(name), 'b' * 32)[0], 403, 'the second is refused')
    wait_for('an alarm', lambda: 'other nonce' in
             w.call('status')['boot']['refused'])
    w.put(CANARY)
    w.wait_serving(2, 60)


def story_restart_in_between(place):
    """The daemon is killed while servers wait for their secrets."""
    w = Boot(place, **dict(GENTLE, boot_deadline='60s'))
    with open(w.secret, 'wb') as f:
        f.write(b'OTHER=1\n')
    w.boot()
    wait_for('servers have asked', lambda: w.call('status')['boot'][
        'not_ready'] >= 2, 30)
    launched = sorted(s['id'] for s in w.servers())
    w.kill()
    w.put(CANARY)
    w.boot()
    w.wait_serving(2, 60)
    equal(sorted(s['id'] for s in w.servers('serving')), launched,
          'the same servers serve')
    equal(sorted(w.served()), launched, 'each started once')
    w.kill()
    w.boot()
    name = launched[0]
    equal(w.ask(w.token(name), 'c' * 32)[0], 403, 'a used token stays used')
    equal(len([p for p in w.pids() if alive(p)]), 2, 'both serve on')


CROWD = 200
REAL = 10


class Crowd(Boot):
    """Servers that only sleep, while there is a file that says so: each has
    its token, and no process that takes it."""

    def __init__(self, place):
        super().__init__(place, **dict(GENTLE, boot_deadline='900s'))
        self.asleep = os.path.join(place.dir, 'asleep')
        self.sleepers = os.path.join(place.own, 'sleepers')
        gate = os.path.join(place.dir, 'gate')
        with open(gate, 'w', encoding='ascii') as f:
            f.write('#!/bin/sh\nif [ -e %s ]; then echo $$ >>%s; exec sleep '
                    '900; fi\nexec "$@"\n' % (self.asleep, self.sleepers))
        os.chmod(gate, 0o755)
        self.values['launch'] = gate + '", "' + self.values['launch']
        self.write(self.policy())

    def policy(self, **values):
        return super().policy(**values).replace(
            'max = 12', 'max = 250').replace(
                'limits:    {', 'limits:    { launches_per_hour = 5000;')

    def pids(self):
        """The sleepers are servers, too."""
        out = super().pids()
        try:
            with open(self.sleepers, encoding='ascii') as f:
                named = [int(n) for n in f.read().split()]
        except FileNotFoundError:
            named = []
        for pid in named:
            stat = process_stat(pid)
            if stat and stat[0] != 'Z' and command_line(pid).startswith(
                    'sleep 900'):
                out[pid] = stat[1]
        return out

    def crowd(self):
        """So many tokens that nobody has taken; their boot files."""
        with open(self.asleep, 'w', encoding='ascii'):
            pass
        self.word(scale=2 + CROWD)
        folder = os.path.join(os.path.dirname(self.control), 'boot')
        wait_for('their launches were answered', lambda: len(self.servers(
            'accepted', 'booted')) == CROWD, 40)
        os.unlink(self.asleep)
        own = {s['id'] for s in self.servers('serving')}
        return [os.path.join(folder, n) for n in sorted(os.listdir(folder))
                if n not in own]

    def load(self, files, nonce):
        """All at once: [(status, milliseconds)]."""
        p = subprocess.run(
            [os.path.join(lib.BUILD, 'tests', 'integration', 'boot-load'),
             self.place.address, str(self.port), self.cert, nonce, *files],
            stdout=subprocess.PIPE, timeout=200, check=True)
        return [(int(x.split()[1]), float(x.split()[2]))
                for x in p.stdout.decode('ascii').splitlines()]


def story_a_crowd(place):
    """200 boots at once, and real ones beside them."""
    w = Crowd(place).start()
    files = w.crowd()
    equal(len(files), CROWD, 'tokens')
    w.word(scale=2 + CROWD + REAL)
    before = w.call('status')['boot']['bundles']
    answers = w.load(files, 'a' * 32)
    equal([a[0] for a in answers], [200] * CROWD, 'all are answered')
    wait_for('the real ones had their secret', lambda: len(w.served()) ==
             2 + REAL, 60)
    expect(w.call('status')['boot']['bundles'] >= before + CROWD, 'counted')
    # Replayed by another: not one.
    equal([a[0] for a in w.load(files, 'b' * 32)], [403] * CROWD, 'refused')
    # The same ones again, as after a lost answer, over a kill of the daemon.
    w.kill()
    w.boot()
    equal([a[0] for a in w.load(files, 'a' * 32)], [200] * CROWD,
          'the same may ask again')
    equal([a[0] for a in w.load(files, 'b' * 32)], [403] * CROWD,
          'and nobody else')
    equal(sorted(set(w.served())), sorted(w.served()), 'each started once')
    wait_for('all is reported', lambda: not glob.glob(
        os.path.join(w.memory, '*', 'words.*')), 60)


class Artifact(Boot):
    """A kit whose servers run what an archive holds."""

    def __init__(self, place):
        self.sha = self.url = 'x'
        super().__init__(place, **dict(GENTLE, boot_deadline='60s'))
        shop = os.path.join(place.dir, 'shop-1')
        with open(shop, 'w', encoding='ascii') as f:
            f.write('#!/bin/sh\necho "$PLIMSOLL_SYNC" >>%s\nexec %s "$@"\n' % (
                os.path.join(place.own, 'ran'),
                os.path.join(place.dir, 'server')))
        os.chmod(shop, 0o755)
        path = os.path.join(place.dir, 'shop.tar.gz')
        with tarfile.open(path, 'w:gz') as t:
            t.add(shop, arcname='shop')
        with open(path, 'rb') as f:
            self.sha = hashlib.sha256(f.read()).hexdigest()
        web = place.start('web', [
            sys.executable, '-c', 'import http.server as h, os, sys\n'
            'os.chdir(sys.argv[1])\ns = h.ThreadingHTTPServer((sys.argv[2], 0), '
            'h.SimpleHTTPRequestHandler)\nprint("port", s.server_port, '
            'flush=True)\ns.serve_forever()', place.dir, place.address])
        port = wait_for('the web server', lambda: web.text().partition(
            'port ')[2].partition('\n')[0])
        self.url = 'http://%s:%s/shop.tar.gz' % (place.address, port)
        # what is run is named from the artifact's folder
        self.values['launch'] = self.values['launch'].replace(
            '"60", "--", "' + os.path.join(place.dir, 'server'),
            '"5", "--", "./shop')
        self.write(self.policy())

    def policy(self, **values):
        return super().policy(**values).replace(
            'secrets = "shop";', 'secrets = "shop"; sync = "idle"; artifact: '
            '{ url = "%s"; sha256 = "%s"; };' % (self.url, self.sha))


def story_an_artifact(place):
    w = Artifact(place).start()
    with open(os.path.join(place.own, 'ran'), encoding='ascii') as f:
        equal(f.read().split(), ['skip', 'skip'],
              'nobody to copy from at a first start')
    # A hash that is not the archive's: nothing of it is run.
    good, w.sha = w.sha, w.sha[::-1]
    w.write(w.policy())
    w.run('reload')
    w.word(scale=3)
    wait_for('its boot fails, and says why', lambda: 'a boot failed' in
             w.proc.text() and 'the artifact could not be had' in
             w.proc.text(), 40)
    equal(len(w.served()), 2, 'it did not run')
    expect(w.call('status')['boot']['failed'] >= 1, 'counted')
    w.sha = good
    w.write(w.policy())
    w.run('reload')
    w.wait_serving(3, 60)


def story_phases(place):
    """Each phase has its time, also over a restart."""
    w = Boot(place, **GENTLE).start()

    def seen():
        way = w.call('phases', group='shop')['ways'][0]
        return {p['phase']: p for p in way['phases']}

    rows = wait_for('two launches are known', lambda: seen() if seen().get(
        'serving', {}).get('launches') == 2 else None, 20)
    order = ['accepted', 'booted', 'secrets', 'artifact', 'healthy',
             'serving']
    expect(set(rows) <= set(order), 'the phases', sorted(rows))
    for p in ('booted', 'secrets', 'artifact'):
        equal(rows[p]['launches'], 2, 'each server told: ' + p)
    times = [rows[p]['after_p50'] for p in order
             if p in rows and rows[p]['launches'] == 2]
    equal(times, sorted(times), 'one after the other')
    # the shop takes half a second from its start to its health
    expect(rows['healthy']['after_p50'] >= 0.5, 'as long as it takes', rows)
    text = w.run('phases', 'shop')
    expect('secrets' in text and 'TOOK P95' in text, 'as a table', text)
    expect('serves after' in w.run('status'), 'in the status')
    path = os.path.join(w.state, 'phases.json')
    wait_for('they are saved', lambda: os.path.exists(path))
    w.kill()
    w.boot()
    equal(seen(), rows, 'the same after a kill')
    # What servers said of their boot is in the journal: decided again alike.
    w.stop()
    p = subprocess.run([place.program('plimsoll'), 'replay', w.state,
                        '--json', '--policy', w.file], check=True,
                       stdout=subprocess.PIPE, timeout=lib.PATIENCE * 60)
    said = json.loads(p.stdout)
    expect(said['same'] and said['left_out'] == 0, 'a replay', said)


def story_a_new_certificate(place):
    """It counts without a word; one that is none changes nothing."""
    w = Boot(place, **GENTLE).start()

    def asked():
        try:
            return w.ask('none', 'd' * 32)[0] == 403
        except ssl.SSLCertVerificationError:
            return False

    expect(asked(), 'the old one is believed')
    key = os.path.join(place.dir, 'boot.key')
    shutil.copy(w.cert, w.cert + '.old')
    Boot.certificate(place)
    if place.daemon_user is not None:
        os.chown(key, place.daemon_user.pw_uid, place.daemon_user.pw_gid)
    wait_for('the new one is believed', asked, 40)
    wait_for('it is said', lambda: 'the boot endpoint has a new certificate'
             in w.proc.text())
    # a server that starts now is told of the new one
    w.word(scale=3)
    w.wait_serving(3, 60)
    # a key that others may read: the last pair stays
    shutil.copy(w.cert, w.cert + '.good')
    os.chmod(key, 0o644)
    os.utime(key)
    wait_for('it is refused', lambda: 'keeps its old certificate' in
             w.proc.text() and 'others may read' in w.proc.text(), 40)
    expect(asked(), 'what was there goes on')
    # mended by its rights alone
    before = w.proc.text().count('has a new certificate')
    os.chmod(key, 0o600)
    wait_for('it is taken', lambda: w.proc.text().count(
        'has a new certificate') > before, 40)
    # a pair that is right, in a file that servers must not be told
    Boot.certificate(place)
    with open(key, encoding='ascii') as f, \
            open(w.cert, 'a', encoding='ascii') as to:
        to.write(f.read())
    if place.daemon_user is not None:
        os.chown(key, place.daemon_user.pw_uid, place.daemon_user.pw_gid)
    wait_for('it is refused', lambda: 'holds a private key' in
             w.proc.text(), 40)
    with open(w.cert + '.good', encoding='ascii') as f:
        good = f.read()
    w.cert += '.good'
    expect(asked(), 'the endpoint goes on with the old one')
    w.word(scale=4)
    w.wait_serving(4, 60)
    expect(good in w.boot_file(w.served()[-1]), 'and servers are told of it')


def story_a_dry_run(place):
    """Its shadows ask nobody for secrets, and serve all the same."""
    w = Boot(place)
    w.write('dry_run = true;\n' + w.policy())
    w.boot()
    wait_for('shadows serve', lambda: w.group()['serving'] >= 2, 30)
    equal(w.group()['failed'], 0, 'none ran into the boot deadline')
    equal(w.launches(), 0, 'no server was launched')


if __name__ == '__main__':
    lib.main(globals())
