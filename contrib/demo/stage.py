# SPDX-License-Identifier: MIT
"""The stage for a rush: real processes, a real HAProxy, ports, a folder.

The quickstart and the integration tests stand on it.  Every process that is
started here is ended here, by its process id; everything listens on an
address of 127.0.0.0/8 that was drawn for this run, so that several runs do
not meet.  Waiting means asking for a condition until a deadline.
"""
import ctypes
import json
import os
import pwd
import random
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time


class Failed(Exception):
    """What was expected did not come."""


def wait_for(what, condition, deadline=10.0, every=0.02):
    """Asks until condition() is true; returns what it gave."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed('%s: not within %g s' % (what, deadline))
        time.sleep(every)


def alive(pid, start=None):
    """Is this process there, and the same one?  A zombie is not."""
    stat = process_stat(pid)
    return stat is not None and stat[0] != 'Z' and start in (None, stat[1])


def process_stat(pid):
    """State and start time in clock ticks, or None."""
    try:
        with open('/proc/%d/stat' % pid, 'rb') as f:
            fields = f.read().decode('latin-1').rpartition(')')[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0], int(fields[19])


def session(pid):
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return os.getsid(0)


PR_SET_CHILD_SUBREAPER = 36


def children(pid):
    """The process ids of its children, those that it inherited included."""
    out = []
    for task in os.listdir('/proc/%d/task' % pid):
        try:
            with open('/proc/%d/task/%s/children' % (pid, task),
                      encoding='ascii') as f:
                out += [int(n) for n in f.read().split()]
        except (FileNotFoundError, ProcessLookupError):
            pass
    return out


def command_line(pid):
    try:
        with open('/proc/%d/cmdline' % pid, 'rb') as f:
            return f.read().replace(b'\0', b' ').decode('utf-8', 'replace')
    except (FileNotFoundError, ProcessLookupError):
        return ''


class Orphans:
    """Makes us the parent of what our children leave behind.

    So nothing that started on this stage, the spawner and its servers
    included, can get lost; and what ends is reaped, as init would.
    """

    def __init__(self, procs):
        self.procs = procs
        self.lock = threading.Lock()
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise Failed('prctl: ' + os.strerror(ctypes.get_errno()))
        self.going = True
        self.thread = threading.Thread(target=self._reap, daemon=True)
        self.thread.start()

    def pids(self):
        """Not those of subprocess.run(), which stay in our session."""
        with self.lock:
            own = {p.pid for p in self.procs}
            return [pid for pid in children(os.getpid())
                    if pid not in own and session(pid) != os.getsid(0)]

    def living(self):
        return [pid for pid in self.pids() if alive(pid)]

    def _reap(self):
        while self.going:
            for pid in self.pids():
                stat = process_stat(pid)
                if stat and stat[0] == 'Z':
                    try:
                        os.waitpid(pid, os.WNOHANG)
                    except ChildProcessError:
                        pass
            time.sleep(0.05)

    def end(self, deadline=5.0):
        """By id: SIGTERM, then SIGKILL; what they leave comes to us too.

        Returns the command lines of those that had to be killed."""
        killed = []
        told = set()
        until = time.monotonic() + deadline
        while self.living():
            late = time.monotonic() > until
            for pid in self.living():
                if late:
                    killed.append(command_line(pid))
                if late or pid not in told:
                    signal_to(pid, signal.SIGKILL if late
                              else signal.SIGTERM)
                told.add(pid)
            time.sleep(0.05)
        self.going = False
        self.thread.join()
        return killed


def signal_to(pid, sig):
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        pass


class Place:
    """A folder, an address, and two users without rights when we are root.

    Root starts HAProxy as `haproxy` (its package makes that user) and the
    daemon as `nobody`; anyone else starts both as himself.
    """

    def __init__(self, build, keep=False, name='plimsoll'):
        self.build = os.path.abspath(build)
        self.keep = keep
        self.procs = []
        self.orphans = Orphans(self.procs)
        self.at_end = []
        self.dir = tempfile.mkdtemp(prefix=name + '-')
        os.chmod(self.dir, 0o755)
        self.root = os.geteuid() == 0
        self.daemon_user = pwd.getpwnam('nobody') if self.root else None
        self.hap_user = pwd.getpwnam('haproxy') if self.root else None
        self.address = self._address()
        self.bin = self._programs()
        self.hap = self.folder('haproxy', self.hap_user)
        self.own = self.folder('plimsoll', self.daemon_user)

    @staticmethod
    def _address():
        rng = random.SystemRandom()
        for _ in range(100):
            address = '127.%d.%d.%d' % (rng.randint(1, 250),
                                        rng.randint(1, 250),
                                        rng.randint(2, 250))
            with socket.socket() as s:
                try:
                    s.bind((address, 0))
                except OSError:
                    continue
            return address
        raise Failed('no address of 127.0.0.0/8 can be bound')

    def _programs(self):
        """Copies, so that users without rights can run them from anywhere."""
        to = os.path.join(self.dir, 'bin')
        os.mkdir(to, 0o755)
        for sub in ('.', 'contrib/demo'):
            folder = os.path.join(self.build, sub)
            for name in sorted(os.listdir(folder)):
                path = os.path.join(folder, name)
                if (name.startswith('plimsoll') and os.path.isfile(path)
                        and os.access(path, os.X_OK)):
                    shutil.copy(path, to)
                    os.chmod(os.path.join(to, name), 0o755)
        return to

    def program(self, name):
        path = os.path.join(self.bin, name)
        if not os.path.exists(path):
            raise Failed('%s is not built below %s' % (name, self.build))
        return path

    def folder(self, name, user):
        """HAProxy and daemon share their sockets by the daemon's group."""
        path = os.path.join(self.dir, name)
        os.mkdir(path)
        if user is not None:
            os.chown(path, user.pw_uid, self.daemon_user.pw_gid)
        os.chmod(path, 0o2770 if self.root else 0o700)
        return path

    def port(self):
        """A free one below those that the kernel gives to clients."""
        rng = random.SystemRandom()
        for _ in range(200):
            port = rng.randint(10000, 31000)
            with socket.socket() as s:
                try:
                    s.bind((self.address, port))
                except OSError:
                    continue
            return port
        raise Failed('no free port on %s' % self.address)

    def start(self, name, argv, user=None, **kw):
        with self.orphans.lock:
            p = Proc(self, name, argv, user, **kw)
            self.procs.append(p)
        return p

    def stop_all(self):
        """Last started, first ended.  Returns what nobody had ended."""
        for p in reversed(self.procs):
            p.stop()
        left = [command_line(pid) for pid in self.orphans.living()]
        self.orphans.end()
        return left

    def end(self):
        """The processes, then the folder."""
        self.stop_all()
        while self.at_end:
            self.at_end.pop()()
        if not self.keep:
            shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


class Proc:
    """A process of ours, in a session of its own, with a log file."""

    def __init__(self, place, name, argv, user=None, env=None, pipe=False):
        self.name = name
        self.log = os.path.join(place.dir, name + '.log')
        kw = {}
        if user is not None:
            groups = [place.daemon_user.pw_gid]
            kw = dict(user=user.pw_uid, group=user.pw_gid,
                      extra_groups=groups)
        with open(self.log, 'ab') as log:
            self.p = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, cwd=place.dir,
                stdout=subprocess.PIPE if pipe else log, stderr=log,
                start_new_session=True, umask=0o007 if user else -1,
                env=dict(os.environ, **(env or {})), **kw)
        self.pid = self.p.pid

    def running(self):
        return self.p.poll() is None

    def kill(self, sig=signal.SIGKILL):
        if self.running():
            self.p.send_signal(sig)

    def wait(self, deadline=10.0):
        try:
            return self.p.wait(deadline)
        except subprocess.TimeoutExpired:
            raise Failed('%s did not end within %g s'
                         % (self.name, deadline)) from None

    def stop(self, deadline=10.0):
        """SIGTERM, then SIGKILL at the deadline; returns the status."""
        if self.running():
            self.kill(signal.SIGCONT)
            self.kill(signal.SIGTERM)
            try:
                self.p.wait(deadline)
            except subprocess.TimeoutExpired:
                self.kill()
                self.p.wait()
        if self.p.stdout:
            self.p.stdout.close()
        return self.p.returncode

    def text(self):
        with open(self.log, encoding='utf-8', errors='replace') as f:
            return f.read()


class Shop:
    """A shop server that we started by hand."""

    def __init__(self, place, port=None, address=None, args=()):
        self.port = port or place.port()
        self.address = address or place.address
        self.proc = place.start(
            'shop-%d' % self.port,
            [place.program('plimsoll-shop'), '--port', str(self.port),
             '--address', self.address, *args], place.daemon_user)
        self.pid = self.proc.pid

    def healthy(self):
        try:
            return get(self.address, self.port, '/healthz')[0] == 200
        except OSError:
            return False


def get(address, port, path='/', timeout=5.0):
    """One request; (status, body)."""
    with socket.create_connection((address, port), timeout) as s:
        s.sendall(('GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n'
                   % (path, address)).encode())
        data = b''
        while True:
            part = s.recv(65536)
            if not part:
                break
            data += part
    head, _, body = data.partition(b'\r\n\r\n')
    words = head.split(b' ', 2)
    return int(words[1]) if len(words) > 1 else 0, body


CONFIG = '''\
global
    stats socket {sock} mode 660 level admin expose-fd listeners
    stats timeout 1h
    server-state-file {state}
    maxconn {maxconn}
    hard-stop-after 30s
{global_more}
defaults
    mode http
    timeout connect 1s
    timeout client 30s
    timeout server 30s
    timeout queue {queue}
    timeout http-request 10s
    option abortonclose
    option redispatch 1
    retries 3
    retry-on conn-failure empty-response
    load-server-state-from-file global
{defaults_more}
frontend web
    bind {bind}
    default_backend shop

backend shop
    balance leastconn
    option httpchk GET /healthz
{servers}
'''


class Haproxy:
    """A real HAProxy under its master, with slots for our servers.

    The template is written with a name, not an address: only then does the
    state file bring addresses back.  `hand` are servers as (name, address,
    port) that nobody but us knows of.
    """

    def __init__(self, place, name='lb', slots=20, hand=(), maxconn=5,
                 state=None, log=None, queue='10s', port=None,
                 connections=4000):
        self.place = place
        self.name = name
        self.port = port or place.port()
        self.sock = os.path.join(place.hap, name + '.sock')
        self.master = os.path.join(place.hap, name + '-master.sock')
        self.config = os.path.join(place.dir, name + '.cfg')
        self.state = state or os.path.join(place.own, name + '.state')
        self.proc = None
        lines = ['    server %s %s:%d check inter 1s maxconn %d'
                 % (n, a, p, maxconn) for n, a, p in hand]
        if slots:
            lines.append('    server-template w 1-%d localhost:1 check '
                         'inter 1s fall 2 rise 1 maxconn %d '
                         'init-addr last,libc,none disabled'
                         % (slots, maxconn))
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if hard > 0:
            connections = min(connections, hard // 2 - 100)
        text = CONFIG.format(
            sock=self.sock, state=self.state, maxconn=connections,
            bind='%s:%d' % (place.address, self.port), queue=queue,
            servers='\n'.join(lines),
            global_more='    log %s len 1024 format raw sample 1:10 local0\n'
            % log if log else '',
            defaults_more='    log global\n    log-format "%b %s %ST %Tq '
            '%Tw %Tc %Tr %Ta %TR"\n' if log else '')
        with open(self.config, 'w', encoding='utf-8') as f:
            f.write(text)

    def start(self):
        self.proc = self.place.start(
            'haproxy-' + self.name,
            ['haproxy', '-W', '-db', '-S', self.master, '-f', self.config],
            self.place.hap_user)
        wait_for('HAProxy answers', self.answers, 15)
        return self

    def answers(self):
        if not self.proc.running():
            raise Failed('HAProxy ended: ' + self.proc.text()[-2000:])
        try:
            return 'Pid:' in self.command('show info')
        except OSError:
            return False

    def command(self, text, path=None, timeout=5.0):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(timeout)
            s.connect(path or self.sock)
            s.sendall(text.encode() + b'\n')
            data = b''
            while True:
                part = s.recv(65536)
                if not part:
                    return data.decode('utf-8', 'replace')
                data += part

    def worker(self):
        """The process id of the worker that answers now."""
        for line in self.command('show info').splitlines():
            if line.startswith('Pid:'):
                return int(line.split()[1])
        raise Failed('show info without Pid')

    def reload(self):
        old = self.worker()
        wait_for('the master answers', self.told_to_reload, 15)
        wait_for('HAProxy has reloaded', lambda: self.new_worker(old), 15)

    def told_to_reload(self):
        """The master is deaf for a moment while it replaces itself."""
        try:
            self.command('reload', self.master)
            return True
        except ConnectionRefusedError:
            return False

    def new_worker(self, old):
        try:
            return self.worker() != old
        except (OSError, Failed):
            return False

    @staticmethod
    def table(lines, separator):
        """Rows below a head that begins with '#'."""
        names = lines[0].lstrip('# ').split(separator)
        return [dict(zip(names, line.split(separator)))
                for line in lines[1:] if line]

    def seen(self):
        """(pid, {slot: row of the state}, {name: row of the statistics}).

        On one connection, so that one process answers for all of it: after
        a reload the old one shares the listener until it leaves."""
        parts = self.command(
            'show info;show servers state shop;show stat shop 6 -1'
        ).split('\n\n')
        parts = [p.strip('\n') for p in parts if p.strip('\n')]
        if len(parts) != 3:
            raise OSError('HAProxy broke off its answer')
        pid = [line.split()[1] for line in parts[0].splitlines()
               if line.startswith('Pid:')]
        state = self.table(parts[1].splitlines()[1:], ' ')
        stat = self.table(parts[2].splitlines(), ',')
        return (int(pid[0]), {r['srv_name']: r for r in state},
                {r['svname']: r for r in stat if r['pxname'] == 'shop'})

    def serving_of(self):
        """The process that answered, and the (address, port) of every
        server that it gives traffic to."""
        pid, state, stat = self.seen()
        return pid, sorted(
            (state[n]['srv_addr'], int(state[n]['srv_port']))
            for n, r in stat.items() if n != 'BACKEND' and
            r['status'].startswith(('UP', 'no check')))

    def rows(self):
        """{server name: row} of the backend, BACKEND included."""
        return self.seen()[2]

    def serving(self):
        """The (address, port) of every server that gets traffic."""
        return self.serving_of()[1]


class Rush:
    """The load program; its lines as they come, its summary at the end."""

    def __init__(self, place, balancers, curve, args=(), seed=1):
        targets = []
        for b in balancers:
            targets += ['--target', '%s:%d' % (place.address, b.port)]
        self.lines = []
        self.summary = None
        self.proc = place.start(
            'rush', [place.program('plimsoll-rush'), *targets, '--curve',
                     curve, '--seed', str(seed), *args], pipe=True)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for raw in self.proc.p.stdout:
            line = json.loads(raw)
            if 'summary' in line:
                self.summary = line
            else:
                self.lines.append(line)

    def second(self):
        return len(self.lines)

    def wait_second(self, t, deadline=None):
        wait_for('second %d of the rush' % t, lambda: self.second() >= t,
                 deadline or t + 20)

    def stop(self):
        """Ends it now; its summary says that it was stopped."""
        self.proc.kill(signal.SIGTERM)
        return self.finish(20)

    def finish(self, deadline):
        self.thread.join(deadline)
        if self.summary is None:
            raise Failed('the rush gave no summary within %g s: %s'
                         % (deadline, self.proc.text()[-500:]))
        return self.summary
