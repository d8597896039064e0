#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The stage itself: what judges Plimsoll is judged first."""
import signal
import subprocess
import time

import lib
from lib import Haproxy, Rush, Shop, equal, expect, get, wait_for


def shop_up(place, *args):
    shop = Shop(place, args=args)
    wait_for('the shop is healthy', shop.healthy)
    return shop


def story_a_worker_is_really_occupied(place):
    """Two workers of 100 ms carry 20 requests a second, not more."""
    shop = shop_up(place, '--workers', '2', '--service', '100ms',
                   '--backlog', '1')
    rush = Rush(place, [shop], '0:60,3:60', ['--timeout', '2s'])
    s = rush.finish(20)
    expect(45 <= s['ok'] <= 66, 'about 60 of 180 were served', s)
    equal(s['ok'] + s['answered_5xx'], s['sent'], 'the others got a 503')


def story_full_may_also_wait(place):
    shop = shop_up(place, '--workers', '1', '--service', '100ms',
                   '--backlog', '0', '--full', 'wait')
    s = Rush(place, [shop], '0:30,1:30').finish(20)
    equal(s['ok'], s['sent'], 'all were served in the end')
    expect(s['slow'] > 0, 'the last ones late', s)


def story_late_answers_do_not_slow_the_rush(place):
    shop = shop_up(place, '--workers', '1', '--service', '2s',
                   '--backlog', '1000')
    rush = Rush(place, [shop], '0:50,2:50', ['--timeout', '1s'])
    s = rush.finish(20)
    expect(70 <= s['sent'] <= 130, 'sent about 100 in 2 s', s)
    equal(s['timed_out'], s['sent'], 'none in time')


def story_the_rush_stays_on_this_machine(place):
    for target in ('192.0.2.1:80', '10.0.0.1:80', '128.0.0.1:80', 'x:80'):
        p = subprocess.run([place.program('plimsoll-rush'), '--target',
                            target, '--curve', '0:1,1:1'],
                           capture_output=True, text=True, check=False)
        equal(p.returncode, 2, '%s is refused' % target)
        expect('127.0.0.0/8' in p.stderr, 'with a sentence', p.stderr)


def story_open_connections_are_bounded(place):
    shop = shop_up(place, '--workers', '1', '--service', '3s')
    s = Rush(place, [shop], '0:50,1:50', ['--open', '10', '--timeout',
                                          '1s']).finish(20)
    expect(s['over'] > 10, 'what is over the bound is lost', s)
    equal(s['lost'], s['sent'], 'each request is counted once')


def story_the_modes_of_a_server(place):
    dead = Shop(place, args=['--die-at-start'])
    equal(dead.proc.wait(), 3, 'it dies at start')
    sick = Shop(place, args=['--never-healthy'])
    wait_for('it answers',
             lambda: get_or_none(sick) == 503)
    expect(not sick.healthy(), 'it is never healthy')
    began = time.monotonic()
    slow = Shop(place, args=['--boot', '700ms'])
    wait_for('it has booted', slow.healthy)
    expect(time.monotonic() - began > 0.4, 'not before its time')
    equal(slow.proc.stop(), 0, 'it ends when told')
    hangs = shop_up(place, '--hang-at-stop')
    hangs.proc.kill(signal.SIGTERM)
    equal(get(hangs.address, hangs.port)[0], 200, 'it goes on after SIGTERM')
    hangs.proc.kill()
    closed = shop_up(place, '--close-all')
    equal(get(closed.address, closed.port)[0], 200, 'it serves all the same')
    bad = shop_up(place, '--errors', '1')
    equal(get(bad.address, bad.port)[0], 500, 'it fails')
    expect(bad.healthy(), 'and calls itself healthy')


def get_or_none(shop):
    try:
        return get(shop.address, shop.port, '/healthz')[0]
    except OSError:
        return None


def story_a_server_ends_after_its_requests(place):
    shop = shop_up(place, '--workers', '2', '--service', '500ms')
    rush = Rush(place, [shop], '0:4,1:4')
    rush.wait_second(1)
    equal(shop.proc.stop(), 0, 'it ends cleanly')
    s = rush.finish(10)
    equal(s['broken'], 0, 'no request was cut off')


def story_a_reload_keeps_the_slots(place):
    """What BASE says of name, template and state file is still true."""
    shop = shop_up(place)
    lb = Haproxy(place, slots=4).start()
    for line in ('set server shop/w3 addr %s port %d'
                 % (shop.address, shop.port), 'set server shop/w3 state ready'):
        lb.command(line)
    with open(lb.state, 'w', encoding='utf-8') as f:
        f.write(lb.command('show servers state'))
    wait_for('the slot serves', lambda: lb.serving())
    rush = Rush(place, [lb], '0:40,3:40')
    rush.wait_second(1)
    lb.reload()
    s = rush.finish(20)
    equal(s['lost'], 0, 'nothing is lost in a reload')
    wait_for('the address is back', lambda:
             lb.serving() == [(shop.address, shop.port)])


if __name__ == '__main__':
    lib.main(globals())
