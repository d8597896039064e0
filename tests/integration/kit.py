# SPDX-License-Identifier: MIT
"""plimsolld on a stage of lib.py: balancers, a policy, the daemon, and what
it says over its control socket.
"""
import os
import signal
import subprocess

import lib
import loop
from lib import PATIENCE, Failed, Haproxy, alive, wait_for
from stage import command_line, process_stat, signal_to

# Small scales of time: a server boots in half a second, a calm lasts some.
POLICY = '''%(head)s
state = "%(state)s";
control = "%(control)s";
listen = "%(listen)s";
fast_crashes: { count = %(fast_crashes)d; };
providers: {
%(providers)s};
groups: (
  {
    name = "shop";
    min = 2;
    max = 12;
    server:    { rate = %(rate).1f; utilization = 0.75; warm_up = "1s"; };
    objective: { latency = "500ms"; errors = 0.01; };
    source:    { type = "haproxy"; sockets = %(socks)s; backend = "shop";
                 every = "500ms"; };
    balancer:  { type = "haproxy"; sockets = %(socks)s; backend = "shop";
                 state_files = %(lb_states)s; drain = "5s"; };
    health:    { path = "/healthz"; every = "100ms"; };
    forecast:  { lead_time = "%(lead_time)s"; };
    limits:    { removals_pct = 50.0; removals_window = "2s";
                 rush_removals_pct = 100.0; peak_window = "8s";
                 min_lifetime = "5s"; boot_deadline = "%(boot_deadline)s";
                 health_window = "2s"; safe_mode = "%(safe_mode)s"; };
    launch: {
%(ways)s    };
  }
);
'''
PROVIDERS = '''  here: { type = "local"; folder = "%(spawner_folder)s";
          program = "%(spawner)s"; };
'''
WAYS = '''      providers = ["here"];
      here: { command = ["%(launch)s", "{port}"]; address = "%(address)s";
              ports = "20000-20999"; stop_grace = "2s"; };
'''
WORKERS = 5

# What a launch runs: the shop, with the options that the file says now, so
# that a story can make the next servers bad ones.
LAUNCH = '''#!/bin/sh
echo "$1" >>%(launches)s
read -r mode <%(mode)s
# shellcheck disable=SC2086
exec %(shop)s --address %(address)s --port "$1" --workers %(workers)d \\
	--service %(service)s --boot 500ms --backlog 50 $mode
'''


# Servers that carry 25 requests/s: a rush that costs the machine little, so
# that what is judged is Plimsoll.
GENTLE = dict(rate=25.0, service='200ms')


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
    """Balancers and a plimsolld over them; `values` go into the policy."""

    def __init__(self, place, hand=(), balancers=1, service='50ms',
                 **values):
        self.place = place
        self.launches_file = os.path.join(place.own, 'launches')
        self.mode_file = os.path.join(place.dir, 'mode')
        self.mode('')
        script = os.path.join(place.dir, 'launch')
        with open(script, 'w', encoding='utf-8') as f:
            f.write(LAUNCH % dict(
                launches=self.launches_file, workers=WORKERS,
                service=service, mode=self.mode_file,
                shop=place.program('plimsoll-shop'), address=place.address))
        os.chmod(script, 0o755)
        self.lbs = [Haproxy(place, name='lb%d' % i, hand=hand,
                            maxconn=WORKERS).start()
                    for i in range(balancers)]
        self.lb = self.lbs[0]
        place.procs.append(Leftovers(self))
        self.values = dict(
            head='', listen='', fast_crashes=0, lead_time='2s',
            boot_deadline='10s', safe_mode='3s', launch=script, rate=100.0,
            socks=loop.literal([b.sock for b in self.lbs]),
            lb_states=loop.literal([b.state for b in self.lbs]),
            address=place.address,
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
        v = dict(self.values, **values)
        v.setdefault('providers', PROVIDERS % v)
        v.setdefault('ways', WAYS % v)
        return POLICY % v

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
        wait_for('%d servers serve' % n, lambda: all(
            len(b.serving()) >= n for b in self.lbs) and
            self.group()['serving'] >= n, deadline)

    def wait_removals(self):
        """After a first start nothing is removed for a while."""
        wait_for('the safe mode is over', lambda: 'safe_mode' not in
                 self.group().get('alarms', []), 20)

    def call(self, name, timeout=5.0, **fields):
        """One call; its answer, refused ones included."""
        return loop.ask(self.control, name, PATIENCE * timeout, **fields)

    def word(self, **word):
        """A word as the control socket takes it."""
        answer = self.call('word', group='shop', word=word, timeout=20)
        lib.expect(answer.get('ok'), 'the word is taken', answer)

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
            text=True, timeout=200, check=False)
        lib.equal(p.returncode, status, 'exit status of %s: %s' % (
            ' '.join(argv), p.stdout))
        return p.stdout

    def mode(self, text):
        """The options of the servers that start from now on."""
        with open(self.mode_file, 'w', encoding='utf-8') as f:
            f.write(text + '\n')

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


def time_passes(w, polls):
    """So many fresh samples."""
    for _ in range(polls):
        last = [0.0]

        def stepped(last=last):
            age = w.group()['age']
            before, last[0] = last[0], age
            return age < before
        wait_for('a step', stepped, 5, every=0.01)
