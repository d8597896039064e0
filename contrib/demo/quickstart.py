# SPDX-License-Identifier: MIT
"""A rush of customers on this machine, with Plimsoll or without.

Called by contrib/quickstart, which installs and builds first.  A calm, five
times that within a minute, a calm again; a second a line; a summary.
"""
import argparse
import json
import os
import signal
import sys
import time

import loop
import picture
import stage

# One server carries 5 at a time, 50 ms each: 100 requests/s.
WORKERS, SERVICE = 5, '50ms'
LONG = dict(curve='0:120,50:120,90:600,150:600,160:120,200:120', onset=50,
            boot='5s')
SHORT = dict(curve='0:120,15:120,30:600,50:600,54:120,68:120', onset=15,
             boot='2s')
SLOTS = 20


class Stop(Exception):
    """Ctrl-C, or told to end."""


def arguments():
    p = argparse.ArgumentParser(
        prog='contrib/quickstart',
        description='A real HAProxy, real servers and a rush of five times '
        'the calm load, on this machine alone.')
    p.add_argument('--fixed', type=int, metavar='N',
                   help='N servers all the time, without Plimsoll')
    p.add_argument('--short', action='store_true',
                   help='about a minute instead of three')
    p.add_argument('--seed', type=int, default=1,
                   help='draws other arrivals of the same curve')
    p.add_argument('--record', metavar='FILE',
                   help='write a JSON object a second into FILE')
    p.add_argument('--svg', metavar='FILE',
                   help='write a picture of the rush into FILE')
    p.add_argument('--keep', action='store_true',
                   help='keep the temporary folder with all logs')
    p.add_argument('--build', help=argparse.SUPPRESS, default='.')
    a = p.parse_args()
    if a.fixed is not None and not 1 <= a.fixed <= 100:
        p.error('--fixed takes 1 to 100 servers')
    return a


class Fixed:
    """The fleet that does not change: what a person provisioned."""

    def __init__(self, place, n, boot):
        self.shops = [stage.Shop(place, args=shop_args(boot))
                      for _ in range(n)]
        self.lb = stage.Haproxy(
            place, slots=0, maxconn=WORKERS,
            hand=[('s%d' % i, s.address, s.port)
                  for i, s in enumerate(self.shops)]).start()
        self.n = n

    def ready(self):
        return len(self.lb.serving()) == self.n

    def read(self):
        """Null is unknown."""
        return dict(load=None, forecast=None, pending=0, desired=self.n,
                    serving=len(self.lb.serving()), why='')


class Loop:
    """The fleet that Plimsoll keeps."""

    def __init__(self, place, boot):
        top = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                           '..', '..')
        log = os.path.join(place.own, 'latency.sock')
        self.lb = stage.Haproxy(place, slots=SLOTS, maxconn=WORKERS,
                                log=log).start()
        with open(os.path.join(top, 'policies', 'quickstart.cfg'),
                  encoding='utf-8') as f:
            text = f.read()
        self.daemon = loop.Daemon(place, loop.policy_set(
            text, sockets=[self.lb.sock], state_files=[self.lb.state],
            latency_log=log,
            address=place.address, command=[
                place.program('plimsoll-shop'), '--address', place.address,
                '--port', '{port}', *shop_args(boot)])).start()

    def ready(self):
        return len(self.lb.serving()) >= self.daemon.status()['min']

    def read(self):
        g = self.daemon.status()
        return dict(load=g.get('load'), forecast=g.get('forecast'),
                    pending=g['pending'], desired=g.get('desired'),
                    serving=g['serving'], why=g.get('reason', ''))


def shop_args(boot):
    return ['--workers', str(WORKERS), '--service', SERVICE, '--boot', boot,
            '--backlog', '50']


HEAD = '%5s %8s %8s %9s %7s %9s %7s %7s  %s' % (
    'time', 'load', 'planned', 'servers', 'wanted', 'p95', 'errors', 'slow',
    'decision')


def number(x, form='%.0f'):
    return '-' if x is None else form % x


def show(row):
    servers = number(row['serving'], '%d')
    if row['pending']:
        servers += '+%d' % row['pending']
    print('%4ds %6s/s %6s/s %9s %7s %7sms %7d %7d  %s' % (
        row['t'], number(row['load']), number(row['forecast']), servers,
        number(row['desired'], '%d'), number(row['p95_ms']), row['errors'],
        row['slow'], row['why']), flush=True)


def second(fleet, line, last):
    """One second: what the customers saw, what the fleet did."""
    row = fleet.read()
    if row['load'] is None:
        row['load'] = line['sent']
    for key in ('t', 'rate', 'sent', 'errors', 'slow', 'p50_ms', 'p95_ms'):
        row[key] = line[key]
    sentence = row['why']
    changed = last is None or row['desired'] != last['desired']
    row['why'] = sentence if changed else ''
    return row


def first(rows, condition):
    return next((r['t'] for r in rows if condition(r)), None)


def summary(rows, end, onset, fixed):
    before = [r for r in rows if r['t'] <= onset] or rows[:1]
    wanted, serving = before[-1]['desired'], before[-1]['serving']
    out = dict(
        requests=end['sent'], lost=end['lost'], slow=end['slow'],
        p95_ms=end['p95_ms'], first_decision_s=None, first_serving_s=None,
        servers_at_peak=max(r['serving'] or 0 for r in rows),
        server_minutes=round(sum((r['serving'] or 0) + (r['pending'] or 0)
                                 for r in rows) / 60.0, 1))
    if not fixed:
        t = first(rows, lambda r: r['t'] > onset and
                  (r['desired'] or 0) > (wanted or 0))
        out['first_decision_s'] = None if t is None else t - onset
        t = first(rows, lambda r: r['t'] > onset and
                  (r['serving'] or 0) > (serving or 0))
        out['first_serving_s'] = None if t is None else t - onset
    return out


def tell(s, fixed, n):
    share = 100.0 / max(1, s['requests'])
    print()
    if fixed:
        print('without Plimsoll, %d servers all the time:' % n)
    else:
        print('with Plimsoll:')
    print('  requests              %8d' % s['requests'])
    print('  lost                  %8d  (%.2f %%)' % (s['lost'],
                                                    s['lost'] * share))
    print('  slower than 500 ms    %8d  (%.2f %%)' % (s['slow'],
                                                    s['slow'] * share))
    if not fixed:
        print('  first decision        %8s after the onset'
              % number(s['first_decision_s'], '%d s'))
        print('  first new server      %8s after the onset'
              % number(s['first_serving_s'], '%d s'))
    print('  servers at peak       %8d' % s['servers_at_peak'])
    print('  server-minutes        %8.1f' % s['server_minutes'])


def watch(fleet, rush, rows, record):
    print(HEAD)
    while rush.thread.is_alive() or len(rows) < rush.second():
        if len(rows) < rush.second():
            row = second(fleet, rush.lines[len(rows)],
                         rows[-1] if rows else None)
            rows.append(row)
            show(row)
            if record:
                record.write(json.dumps(row) + '\n')
        else:
            time.sleep(0.02)


def run(place, a, record):
    plan = SHORT if a.short else LONG
    if a.fixed is not None:
        fleet = Fixed(place, a.fixed, plan['boot'])
    else:
        fleet = Loop(place, plan['boot'])
    stage.wait_for('the first servers serve', fleet.ready, 60)
    rush = stage.Rush(place, [fleet.lb], plan['curve'], seed=a.seed)
    rows = []
    try:
        watch(fleet, rush, rows, record)
    except Stop:
        print('\nstopped early')
        rush.proc.kill(signal.SIGTERM)
    end = rush.finish(15)
    if not rows:
        return
    s = summary(rows, end, plan['onset'], a.fixed is not None)
    tell(s, a.fixed is not None, a.fixed)
    if record:
        record.write(json.dumps(dict(summary=True, **s)) + '\n')
    if a.svg:
        with open(a.svg, 'w', encoding='utf-8') as f:
            f.write(picture.svg(rows, plan['onset']))


def on_signal(*_):
    raise Stop()


def main():
    a = arguments()
    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    record = open(a.record, 'w', encoding='utf-8') if a.record else None
    place = stage.Place(a.build, keep=a.keep, name='plimsoll-quickstart')
    status = 0
    try:
        run(place, a, record)
    except Stop:
        print('\nstopped early')
    except stage.Failed as e:
        print('quickstart: %s' % e, file=sys.stderr)
        place.keep = True
        status = 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        place.end()
        if record:
            record.close()
    if place.keep:
        print('logs are in %s' % place.dir)
    return status


if __name__ == '__main__':
    sys.exit(main())
