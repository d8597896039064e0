# SPDX-License-Identifier: MIT
"""What the stories stand on: the stage of contrib/demo, and the daemon.

A test file has functions story_*(place); lib.main(globals()) plays each on a
stage of its own and shows every log when one fails.  No process outlives its
story: one that does is ended by its process id, and the story has failed.
"""
import glob
import inspect
import os
import signal
import sys
import time
import traceback

TOP = os.environ.get('top_srcdir') or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), '..', '..')
BUILD = os.environ.get('top_builddir') or os.path.join(TOP, 'build')
sys.path.insert(0, os.path.join(TOP, 'contrib', 'demo'))
sys.dont_write_bytecode = True

from loop import Daemon, literal, policy_set  # noqa: E402,F401
from stage import (Failed, Haproxy, Place, Rush, Shop,  # noqa: E402,F401
                   alive, command_line, get, process_stat,
                   signal_to, wait_for)


def expect(condition, sentence, *values):
    """A sentence about what should be, and what was seen."""
    if not condition:
        raise Failed('not true: %s%s' % (
            sentence, ''.join(' [%r]' % (v,) for v in values)))


def equal(seen, expected, sentence):
    if seen != expected:
        raise Failed('%s: expected %r, saw %r' % (sentence, expected, seen))


# Small scales of time: a server boots in half a second, a calm lasts some.
POLICY = '''
state = "";
control = "";
listen = "";
fast_crashes: { count = 0; };
providers: {
  here: { type = "local"; folder = ""; program = ""; };
};
groups: (
  {
    name = "shop";
    min = 2;
    max = 12;
    server:    { rate = 100.0; utilization = 0.75; warm_up = "1s"; };
    objective: { latency = "500ms"; errors = 0.01; };
    source:    { type = "haproxy"; sockets = []; backend = "shop";
                 every = "500ms"; };
    balancer:  { type = "haproxy"; sockets = []; backend = "shop";
                 state_files = []; drain = "5s"; };
    health:    { path = "/healthz"; every = "100ms"; };
    forecast:  { lead_time = "2s"; };
    limits:    { removals_pct = 50.0; removals_window = "2s";
                 rush_removals_pct = 100.0; peak_window = "8s";
                 min_lifetime = "5s"; boot_deadline = "10s";
                 health_window = "2s"; safe_mode = "3s"; };
    launch: {
      providers = ["here"];
      here: { command = []; address = ""; stop_grace = "2s"; };
    };
  }
);
'''
WORKERS = 5

# What a launch of the local provider runs: the shop, in the mode that the
# file says now.  So a test can make the next servers bad ones.
LAUNCH = '''#!/bin/sh
read -r mode <%(mode)s
echo "$1" >>%(mode)s.launches
# shellcheck disable=SC2086
exec %(shop)s --address %(address)s --port "$1" --workers %(workers)d \\
	--service 50ms --boot 500ms --backlog 50 $mode
'''


class Leftovers:
    """Ends the spawner and its servers, which outlive the daemon by design."""
    pid = 0

    def __init__(self, world):
        self.world = world

    def stop(self):
        for pid in self.world.spawners():
            signal_to(pid, signal.SIGKILL)
        wait_for('no spawner', lambda: not self.world.spawners())
        for pid in self.world.pids():
            signal_to(pid, signal.SIGKILL)
        wait_for('no server', lambda: not self.world.pids())


class World:
    """A place with balancers, a launch script and a daemon over them."""

    def __init__(self, place, balancers=1, hand=(), policy=POLICY, **values):
        self.place = place
        self.mode_file = os.path.join(place.dir, 'mode')
        self.mode('')
        with open(self.mode_file + '.launches', 'w', encoding='utf-8') as f:
            os.fchmod(f.fileno(), 0o666)
        script = os.path.join(place.dir, 'launch')
        with open(script, 'w', encoding='utf-8') as f:
            f.write(LAUNCH % dict(mode=self.mode_file, workers=WORKERS,
                                  shop=place.program('plimsoll-shop'),
                                  address=place.address))
        os.chmod(script, 0o755)
        self.lbs = [Haproxy(place, name='lb%d' % i, hand=hand,
                            maxconn=WORKERS).start()
                    for i in range(balancers)]
        self.lb = self.lbs[0]
        place.procs.append(Leftovers(self))
        self.daemon = Daemon(place, policy_set(
            policy, sockets=[b.sock for b in self.lbs],
            state_files=[b.state for b in self.lbs],
            command=[script, '{port}'], address=place.address, **values))

    def mode(self, text):
        """The options of the servers that start from now on."""
        with open(self.mode_file, 'w', encoding='utf-8') as f:
            f.write(text + '\n')

    def start(self, serving=2):
        self.daemon.start()
        self.wait_serving(serving)
        return self

    def launches(self):
        """How many servers were started, ever."""
        with open(self.mode_file + '.launches', encoding='utf-8') as f:
            return len(f.readlines())

    def spawners(self):
        """Process ids of the spawners of this stage."""
        return [pid for pid in map(int, filter(str.isdigit,
                                               os.listdir('/proc')))
                if alive(pid) and self.place.bin + '/plimsoll-spawner'
                in command_line(pid)]

    def wait_serving(self, n, deadline=30):
        for lb in self.lbs:
            wait_for('%d servers serve' % n,
                     lambda lb=lb: len(lb.serving()) >= n, deadline)

    def pids(self):
        """Process ids of the servers that live, with their start times."""
        out = {}
        for name in os.listdir('/proc'):
            if not name.isdigit():
                continue
            try:
                with open('/proc/%s/cmdline' % name, 'rb') as f:
                    argv = f.read().split(b'\0')
            except OSError:
                continue
            if argv[0] == self.place.program('plimsoll-shop').encode():
                stat = process_stat(int(name))
                if stat and stat[0] != 'Z':
                    out[int(name)] = stat[1]
        return out


def logs_show(place):
    for path in sorted(glob.glob(os.path.join(place.dir, '*.log'))):
        with open(path, encoding='utf-8', errors='replace') as f:
            text = f.read()
        print('-- %s\n%s' % (os.path.basename(path), text[-3000:]))


def play(name, story):
    began = time.monotonic()
    place = Place(BUILD, name='plimsoll-test')
    ok = False
    try:
        story(place)
        ok = True
    except Failed as e:
        where = traceback.extract_tb(e.__traceback__)
        print('FAILED %s: %s' % (name, e))
        print('  at ' + ', '.join('%s:%d' % (os.path.basename(f.filename),
                                             f.lineno) for f in where))
    except Exception:  # pylint: disable=broad-except
        print('FAILED %s' % name)
        traceback.print_exc(file=sys.stdout)
    left = place.stop_all()
    if ok and left:
        print('FAILED %s: left running: %s' % (name, left))
        ok = False
    if not ok:
        logs_show(place)
    place.end()
    print('%s: %s (%.1f s)' % ('ok' if ok else 'failed', name,
                               time.monotonic() - began), flush=True)
    return ok


def told_to_end(*_):
    raise Failed('told to end')


def main(names):
    """All stories of a file, or those named as arguments."""
    signal.signal(signal.SIGTERM, told_to_end)
    stories = [(n, f) for n, f in names.items()
               if n.startswith('story_') and inspect.isfunction(f)]
    wanted = sys.argv[1:]
    if wanted:
        stories = [(n, f) for n, f in stories if n in wanted]
    if not stories:
        sys.exit('no such story')
    sys.exit(0 if all([play(n, f) for n, f in stories]) else 1)
