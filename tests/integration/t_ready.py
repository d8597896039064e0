#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Launch readiness: each thing that a launch will need is broken for real,
and its row turns within two rounds of looks; mended, it turns back.
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import threading

import lib
from kit import Kit, running
from lib import expect, wait_for
from stage import signal_to
from t_boot import Boot
from t_secrets import Bundle

ROUND = 1.0
HEAD = '''ready_every = "1s";
'''
SECRETS = '''secrets: { shop: { type = "file"; path = "%s";
require = ["DB_PASSWORD"]; refresh = "1s"; }; };
'''


class Ready(Kit):
    """A kit with a narrow range of ports and state files of its own."""

    def __init__(self, place):
        self.bundle = Bundle(place).put(b'DB_PASSWORD=1')
        self.states = place.folder('states', place.daemon_user)
        self.most = 256
        super().__init__(
            place, head=HEAD + SECRETS % self.bundle.path, lb_states='["%s"]'
            % os.path.join(self.states, 'lb0.state'))

    def policy(self, **values):
        text = super().policy(**values)
        for old, new in (
                ('providers = ["here"];',
                 'providers = ["here"]; secrets = "shop";'),
                ('"20000-20999"', '"20000-20013"'),
                ('type = "local";', 'type = "local"; max_servers = %d;'
                 % self.most)):
            expect(old in text, 'the policy has it', old)
            text = text.replace(old, new)
        return text


def rows(w):
    return {r['what']: r for r in w.call('ready', group='shop')['groups'][0][
        'rows']}


def turned(w, what, state):
    return rows(w).get(what, {}).get('ready') == state


def falls(w, what, spoil):
    """The row says no within two rounds, as an alarm and everywhere else;
    after what spoil() returns is called it says yes."""
    said = w.proc.text().count('what="%s"' % what)
    mend = spoil()
    wait_for('%s: no' % what, lambda: turned(w, what, 'no'), 2 * ROUND)
    wait_for('the alarm is said', lambda: w.proc.text().count(
        'what="%s"' % what) > said)
    expect(w.group()['launch_ready'] is False, 'the status says so')
    expect('MISSING' in w.run('ready', 'shop', status=1), 'and the command')
    mend()
    wait_for('%s: yes' % what, lambda: turned(w, what, 'yes'), 2 * ROUND)


def well(w):
    wait_for('all is ready', lambda: w.call('ready')['groups'][0]['ready'],
             10)
    out = w.run('ready')
    expect('ready to launch' in out and 'MISSING' not in out, 'so it is',
           out)


def away(path):
    """Takes a file or folder away; how to bring it back."""
    def spoil():
        os.rename(path, path + '.away')
        return lambda: os.rename(path + '.away', path)
    return spoil


def changed(change, bad, good):
    def spoil():
        change(bad)
        return lambda: change(good)
    return spoil


def story_files(place):
    w = Ready(place).start()
    well(w)
    script = os.path.join(place.dir, 'launch')
    falls(w, 'here: command', away(script))
    falls(w, 'here: command', changed(
        lambda mode: os.chmod(script, mode), 0o644, 0o755))
    falls(w, 'state file of balancer 1', away(w.states))
    falls(w, "journal's folder", changed(
        lambda mode: os.chmod(w.state, mode), 0o500,
        os.stat(w.state).st_mode & 0o7777))
    falls(w, 'secret shop', away(w.bundle.path))
    well(w)


def processes(w, n):
    """The daemon's soft limit, as its own user may set it."""
    user = w.place.daemon_user
    rights = dict(user=user.pw_uid, group=user.pw_gid) if user else {}
    subprocess.run(['prlimit', '--pid', str(w.proc.pid), '--nproc=%s:' % n],
                   check=True, **rights)


def story_limits(place):
    w = Ready(place).start()
    well(w)
    # ports: three of fourteen taken by others leave eleven for twelve
    def taken():
        socks = []
        for port in range(20000, 20014):
            s = socket.socket()
            try:
                s.bind((place.address, port))
                s.listen()
            except OSError:
                continue
            socks.append(s)
        return lambda: [s.close() for s in socks]
    falls(w, 'here: ports', taken)
    # not one process more
    with open('/proc/%d/limits' % w.proc.pid, encoding='ascii') as f:
        old = [x.split()[2] for x in f if x.startswith('Max processes')][0]
    falls(w, 'here: limit of processes', changed(
        lambda n: processes(w, n), 1, old))

    def most(n):
        w.most = n
        w.write(w.policy())
        w.run('reload')
    falls(w, 'here: limit of servers', changed(most, 11, 12))
    well(w)


def story_those_who_answer(place):
    w = Ready(place).start()
    well(w)
    # HAProxy with a smaller template
    with open(w.lb.config, encoding='utf-8') as f:
        text = f.read()

    def template(n):
        with open(w.lb.config, 'w', encoding='utf-8') as f:
            f.write(re.sub(r'server-template w 1-\d+',
                           'server-template w 1-%d' % n, text))
        w.lb.reload()
    falls(w, 'slots of balancer 1', changed(template, 11, 20))
    # HAProxy that hangs
    worker = w.lb.worker()
    signal_to(worker, signal.SIGSTOP)
    try:
        wait_for('its slots are not known', lambda: turned(
            w, 'slots of balancer 1', 'no'), 5)
    finally:
        signal_to(worker, signal.SIGCONT)
    wait_for('they are again', lambda: turned(
        w, 'slots of balancer 1', 'yes'), 5)
    # a spawner that ends and cannot be started again
    def ended():
        path = place.program('plimsoll-spawner')
        back = away(path)()
        for pid in running(path):
            signal_to(pid, signal.SIGKILL)
        return back
    falls(w, 'here: spawner', ended)
    well(w)


def story_a_dry_run(place):
    """It starts no spawner: that one could be started is what counts."""
    w = Ready(place)
    w.write('dry_run = true;\n' + w.policy())
    w.boot()
    well(w)
    falls(w, 'here: spawner', away(place.program('plimsoll-spawner')))
    expect(not w.spawners(), 'none was started')


class Crowd:
    """Takes every connection of an endpoint, and says nothing on them."""

    def __init__(self, address, port):
        self.to = (address, port)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        """More than it takes at first, then more than it ends by itself."""
        socks = []
        for i in range(120):
            for _ in range(800 if i == 0 else 50):
                s = socket.socket()
                s.setblocking(False)
                s.connect_ex(self.to)
                socks.append(s)
            while len(socks) > 2000:
                socks.pop(0).close()
            if self.over.wait(0.5):
                break
        for s in socks:
            s.close()

    def end(self):
        self.over.set()
        self.thread.join()


def story_boot_endpoint(place):
    w = Boot(place)
    w.write(w.policy(head=HEAD + w.values['head']))
    w.start()
    well(w)
    crowd = Crowd(place.address, w.port)
    try:
        wait_for('nobody gets in', lambda: turned(w, 'boot endpoint', 'no'),
                 15)
    finally:
        crowd.end()
    wait_for('they do again', lambda: turned(w, 'boot endpoint', 'yes'), 15)
    # a certificate that ends within days
    key = os.path.join(place.dir, 'boot.key')
    shutil.copy(w.cert, w.cert + '.old')
    subprocess.run(
        ['openssl', 'req', '-x509', '-key', key, '-days', '1', '-subj',
         '/CN=boot', '-addext', 'subjectAltName=IP:' + place.address,
         '-out', w.cert + '.new'], check=True, stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)

    def looked_at(level):
        """A reload looks at the files at once, not within the minute."""
        w.write(w.policy(head=HEAD + w.values['head'] +
                         'log_level = "%s";\n' % level))
        w.run('reload')

    def certificate(name):
        shutil.copy(name, w.cert)
        looked_at('info' if name.endswith('.old') else 'debug')
    falls(w, 'boot certificate', changed(certificate, w.cert + '.new',
                                         w.cert + '.old'))
    well(w)


if __name__ == '__main__':
    lib.main(globals())
