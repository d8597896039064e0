#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What plimsolld takes with ten groups that are polled each second: resident
and private memory, share of a core, after a minute (or as many seconds as
PLIMSOLL_BENCH_S says).  A real HAProxy, real servers, without the spawner.
"""
import os
import sys
import time

TOP = os.environ['top_srcdir']
sys.path.insert(0, os.path.join(TOP, 'contrib', 'demo'))
sys.dont_write_bytecode = True

import stage  # noqa: E402

GROUPS = 10
SECONDS = int(os.environ.get('PLIMSOLL_BENCH_S', '60'))

HEAD = '''state = "%(own)s/state";
control = "%(own)s/control.sock";
listen = "";
providers: { here: { type = "local"; folder = "%(own)s/spawner";
                     program = "%(spawner)s"; }; };
groups: (
'''
GROUP = '''  { name = "g%(i)d"; min = 2; max = 20;
    server:    { rate = 100.0; };
    source:    { type = "haproxy"; sockets = ["%(sock)s"];
                 backend = "b%(i)d"; every = "1s"; };
    balancer:  { type = "haproxy"; sockets = ["%(sock)s"];
                 backend = "b%(i)d"; state_files = ["%(state)s"]; };
    health:    { path = "/healthz"; };
    launch: { providers = ["here"];
      here: { command = ["%(shop)s", "--address", "%(address)s", "--port",
                         "{port}"];
              address = "%(address)s"; ports = "%(ports)s"; }; };
  }'''


def haproxy(place):
    """One balancer, a backend a group."""
    lb = stage.Haproxy(place)
    with open(lb.config, encoding='utf-8') as f:
        text = f.read()
    at = text.index('\nbackend shop') + 1
    block = text[at:]
    with open(lb.config, 'w', encoding='utf-8') as f:
        f.write(text[:at].replace('default_backend shop',
                                  'default_backend b0'))
        for i in range(GROUPS):
            f.write(block.replace('backend shop', 'backend b%d' % i))
    return lb.start()


def memory(pid):
    """{name: kB} of its whole address space."""
    with open('/proc/%d/smaps_rollup' % pid, encoding='ascii') as f:
        return {x.split(':')[0]: int(x.split()[1]) for x in f
                if x.rstrip().endswith('kB')}


def cpu_s(pid):
    with open('/proc/%d/stat' % pid, 'rb') as f:
        fields = f.read().decode('latin-1').rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def main():
    with stage.Place(os.environ['top_builddir'], name='plimsoll-bench') as p:
        lb = haproxy(p)
        low = 20000
        values = dict(own=p.own, spawner=p.program('plimsoll-spawner'),
                      sock=lb.sock, state=lb.state, address=p.address,
                      shop=p.program('plimsoll-shop'))
        policy = os.path.join(p.dir, 'bench.cfg')
        with open(policy, 'w', encoding='utf-8') as f:
            f.write(HEAD % values + ',\n'.join(
                GROUP % dict(values, i=i, ports='%d-%d' % (
                    low + 100 * i, low + 100 * i + 99))
                for i in range(GROUPS)) + '\n);\n')
        d = p.start('plimsolld', [p.program('plimsolld'), '-f', policy],
                    p.daemon_user)

        def serving():
            if not d.running():
                raise stage.Failed(d.text())
            rows = [x for x in lb.command('show stat -1 4 -1').splitlines()
                    if ',UP' in x]
            return len(rows) == 2 * GROUPS
        stage.wait_for('every group serves', serving, 60)
        began, used = time.monotonic(), cpu_s(d.pid)
        time.sleep(SECONDS)
        took = time.monotonic() - began
        m = memory(d.pid)
        print('plimsolld, %d groups, %d servers, after %.0f s:' % (
            GROUPS, 2 * GROUPS, took))
        print('  resident %.1f MB (of it shared with others: %.1f MB), '
              'private %.1f MB' % (
                  m['Rss'] / 1024,
                  (m['Shared_Clean'] + m['Shared_Dirty']) / 1024,
                  m['Private_Dirty'] / 1024))
        print('  %.2f %% of a core' % (
            100 * (cpu_s(d.pid) - used) / took))
        d.stop()
        # its servers are not ours to keep
        p.orphans.end()


if __name__ == '__main__':
    main()
