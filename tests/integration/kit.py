# SPDX-License-Identifier: MIT
"""plimsolld on a stage of lib.py, for the stories of the daemon itself: one
balancer, a policy, the daemon, and what it says over its control socket.
"""
import json
import os
import signal
import socket
import subprocess

import lib
from lib import Failed, Haproxy, alive, wait_for
from stage import command_line, process_stat, signal_to

# Small scales of time: a server boots in half a second, a calm lasts some.
POLICY = '''%(head)s
state = "%(state)s";
control = "%(control)s";
listen = "%(listen)s";
fast_crashes: { count = %(fast_crashes)d; };
providers: {
  here: { type = "local"; folder = "%(spawner_folder)s";
          program = "%(spawner)s"; };
};
groups: (
  {
    name = "shop";
    min = 2;
    max = 12;
    server:    { rate = 100.0; utilization = 0.75; warm_up = "1s"; };
    objective: { latency = "500ms"; errors = 0.01; };
    source:    { type = "haproxy"; sockets = ["%(sock)s"]; backend = "shop";
                 every = "500ms"; };
    balancer:  { type = "haproxy"; sockets = ["%(sock)s"]; backend = "shop";
                 state_files = ["%(lb_state)s"]; drain = "5s"; };
    health:    { path = "/healthz"; every = "100ms"; };
    forecast:  { lead_time = "%(lead_time)s"; };
    limits:    { removals_pct = 50.0; removals_window = "2s";
                 rush_removals_pct = 100.0; peak_window = "8s";
                 min_lifetime = "5s"; boot_deadline = "%(boot_deadline)s";
                 health_window = "2s"; safe_mode = "%(safe_mode)s"; };
    launch: {
      providers = ["here"];
      here: { command = ["%(launch)s", "{port}"]; address = "%(address)s";
              ports = "20000-20999"; };
    };
  }
);
'''
WORKERS = 5

LAUNCH = '''#!/bin/sh
echo "$1" >>%(launches)s
exec %(shop)s --address %(address)s --port "$1" --workers %(workers)d \\
	--service 50ms --boot 500ms --backlog 50
'''


class Leftovers:
    """Ends the spawner and its servers, which outlive the daemon by design.

    It stands in the row of the stage's processes, behind the daemon."""
    pid = 0

    def __init__(self, kit):
        self.kit = kit

    def stop(self):
        for pid in self.kit.spawners():
            signal_to(pid, signal.SIGKILL)
        wait_for('no spawner', lambda: not self.kit.spawners())
        for pid in self.kit.pids():
            signal_to(pid, signal.SIGKILL)
        wait_for('no server', lambda: not self.kit.pids())


def running(program):
    """{process id: start time} of those that run this program."""
    out = {}
    for name in filter(str.isdigit, os.listdir('/proc')):
        if command_line(int(name)).split(' ')[0] == program:
            stat = process_stat(int(name))
            if stat and stat[0] != 'Z':
                out[int(name)] = stat[1]
    return out


class Kit:
    """A balancer and a plimsolld over it; `values` go into the policy."""

    def __init__(self, place, hand=(), **values):
        self.place = place
        self.launches_file = os.path.join(place.own, 'launches')
        script = os.path.join(place.dir, 'launch')
        with open(script, 'w', encoding='utf-8') as f:
            f.write(LAUNCH % dict(
                launches=self.launches_file, workers=WORKERS,
                shop=place.program('plimsoll-shop'), address=place.address))
        os.chmod(script, 0o755)
        self.lb = Haproxy(place, hand=hand, maxconn=WORKERS).start()
        place.procs.append(Leftovers(self))
        self.values = dict(
            head='', listen='', fast_crashes=0, lead_time='2s',
            boot_deadline='10s', safe_mode='3s', sock=self.lb.sock,
            lb_state=self.lb.state, launch=script, address=place.address,
            spawner=place.program('plimsoll-spawner'),
            spawner_folder=os.path.join(place.own, 'spawner'),
            state=os.path.join(place.own, 'state'),
            control=os.path.join(place.own, 'control.sock'))
        self.values.update(values)
        self.control = self.values['control']
        self.state = self.values['state']
        self.file = os.path.join(place.dir, 'plimsoll.cfg')
        self.write(self.policy())
        self.proc = None

    def policy(self, **values):
        return POLICY % dict(self.values, **values)

    def write(self, text):
        with open(self.file, 'w', encoding='utf-8') as f:
            f.write(text)

    def spawn(self, name='plimsolld', user=True, file=None):
        """The daemon's process, whatever becomes of it."""
        return self.place.start(
            name, [self.place.program('plimsolld'), '-f', file or self.file],
            self.place.daemon_user if user else None)

    def boot(self, user=True):
        """Starts it, and waits until it answers."""
        self.proc = self.spawn(user=user)
        wait_for('plimsolld answers', self.answers, 15)
        return self

    def start(self, serving=2):
        self.boot()
        self.wait_serving(serving)
        return self

    def answers(self):
        if not self.proc.running():
            raise Failed('plimsolld ended with %s: %s' % (
                self.proc.p.returncode, self.proc.text()[-2000:]))
        try:
            return 'groups' in self.call('status')
        except (OSError, ValueError):
            return False

    def wait_serving(self, n, deadline=30):
        wait_for('%d servers serve' % n, lambda: len(self.lb.serving()) >= n
                 and self.group()['serving'] >= n, deadline)

    def call(self, name, timeout=5.0, **fields):
        """One call; its answer, refused ones included."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(timeout)
            s.connect(self.control)
            s.sendall(json.dumps(dict(call=name, **fields)).encode() + b'\n')
            data = b''
            while not data.endswith(b'\n'):
                part = s.recv(65536)
                if not part:
                    raise OSError('the control socket closed')
                data += part
        return json.loads(data)

    def group(self):
        """The group's part of the status."""
        return self.call('status', group='shop')['groups'][0]

    def servers(self, *phases):
        return [s for s in self.call('servers', group='shop')['servers']
                if not phases or s['phase'] in phases]

    def run(self, *argv, status=0):
        """A command of plimsoll; what it said."""
        p = subprocess.run(
            [self.place.program('plimsoll'), *argv, '--control',
             self.control], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=90, check=False)
        lib.equal(p.returncode, status, 'exit status of %s: %s' % (
            ' '.join(argv), p.stdout))
        return p.stdout

    def launches(self):
        """How many servers were started, ever."""
        try:
            with open(self.launches_file, encoding='utf-8') as f:
                return len(f.readlines())
        except FileNotFoundError:
            return 0

    def spawners(self):
        return [p for p in running(self.place.program('plimsoll-spawner'))
                if alive(p)]

    def pids(self):
        """The servers that live, with their start times."""
        return running(self.place.program('plimsoll-shop'))

    def stop(self):
        return self.proc.stop()

    def kill(self):
        self.proc.kill()
        self.proc.wait()
