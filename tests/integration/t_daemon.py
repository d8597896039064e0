#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""plimsolld itself: one a state, rights, stop, restart, reload, HTTP, dry."""
import os
import signal
import socket
import subprocess
import time

import lib
from kit import Kit, time_passes
from lib import PATIENCE, Rush, equal, expect, wait_for

# Prometheus' own parser, of Debian's python3-prometheus-client.
PARSER = '''
import sys
from prometheus_client.openmetrics import parser
for family in parser.text_string_to_metric_families(sys.stdin.read()):
    print(family.name)
'''


def parsed(text):
    """The names of the metrics, as a real parser of OpenMetrics reads them;
    it takes nothing that is not right."""
    p = subprocess.run(['/usr/bin/python3', '-c', PARSER], input=text,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       text=True, check=False)
    equal(p.returncode, 0, 'a parser reads the metrics: %s' % p.stderr)
    return set(p.stdout.split())


def listening(place):
    return '%s:%d' % (place.address, place.port())


def http(where, request):
    """The answer to these bytes, whole."""
    host, port = where.rsplit(':', 1)
    with socket.create_connection((host, int(port)), timeout=5) as s:
        s.sendall(request.encode())
        data = b''
        while True:
            part = s.recv(65536)
            if not part:
                return data.decode()
            data += part


def get(where, path, host='localhost', method='GET'):
    return http(where, '%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n'
                '\r\n' % (method, path, host))


def body(text):
    return text.partition('\r\n\r\n')[2]


def metric(where, name):
    for line in body(get(where, '/metrics')).splitlines():
        if line.startswith(name + ' ') or line.startswith(name + '{'):
            return float(line.rsplit(' ', 1)[1])
    return None


def story_a_second_one_refuses(place):
    w = Kit(place).start()
    file = os.path.join(place.dir, 'second.cfg')
    for values, why in (
            (dict(control=w.control + '2'), 'another plimsolld'),
            (dict(state=w.state + '2'), 'another plimsolld answers')):
        with open(file, 'w', encoding='utf-8') as f:
            f.write(w.policy(**values))
        p = w.spawn('second', file=file)
        equal(p.wait(10), 1, 'it is refused')
        expect(why in p.text(), 'it says why', p.text())
    equal(w.group()['serving'], 2, 'the first one goes on')


def story_http(place):
    where = listening(place)
    w = Kit(place, listen=where).start()
    text = get(where, '/metrics')
    expect(text.startswith('HTTP/1.1 200'), 'metrics', text[:200])
    expect('application/openmetrics-text' in text, 'its type', text[:400])
    names = parsed(body(text))
    expect({'plimsoll_servers_serving', 'plimsoll_alarm',
            'plimsoll_decisions', 'plimsoll_step_seconds'} <= names,
           'they are there', names)
    wait_for('two serve', lambda: metric(
        where, 'plimsoll_servers_serving') == 2.0)
    expect(get(where, '/healthz').startswith('HTTP/1.1 200'), 'healthy')
    wait_for('ready', lambda: get(where, '/readyz').startswith(
        'HTTP/1.1 200'))
    for host in ('evil.example', '127.0.0.1.evil.example', ''):
        expect(get(where, '/metrics', host).startswith('HTTP/1.1 403'),
               'a foreign Host is refused', host)
    expect(http(where, 'GET /metrics HTTP/1.0\r\n\r\n').startswith(
        'HTTP/1.') and ' 403 ' in http(
            where, 'GET /metrics HTTP/1.0\r\n\r\n').splitlines()[0] + ' ',
        'no Host is refused')
    for method in ('POST', 'PUT', 'DELETE', 'OPTIONS'):
        line = get(where, '/metrics', method=method).splitlines()[0]
        expect(' 4' in line or ' 5' in line, 'only reading', line)
    expect(get(where, '/').startswith('HTTP/1.1 404'), 'no other page')
    big = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: %s\r\n\r\n' % (
        'x' * 20000)
    try:
        line = http(where, big).splitlines()[:1]
        expect(not line or ' 200 ' not in line[0], 'not so long', line)
    except OSError:
        pass
    # connections beyond the cap wait, those that leave make room
    host, port = where.rsplit(':', 1)
    held = [socket.create_connection((host, int(port)), timeout=5)
            for _ in range(70)]
    for s in held:
        s.close()
    wait_for('it answers again', lambda: get(where, '/healthz').startswith(
        'HTTP/1.1 200'))
    wait_for('no descriptor leaks', lambda: len(
        os.listdir('/proc/%d/fd' % w.proc.pid)) < 60)


def story_stop_and_restart(place):
    w = Kit(place).start()
    w.run('scale', 'shop', '4', '--wait')
    before = w.pids()
    rush = Rush(place, [w.lb], '0:80,12:80')
    for _ in range(2):
        began = time.monotonic()
        equal(w.stop(), 0, 'a clean stop')
        expect(time.monotonic() - began < PATIENCE, 'within a second')
        equal(w.pids(), before, 'the servers go on')
        w.boot()
        g = w.group()
        equal(g['serving'] + g['pending'], 4,
              'the present size from the first answer on')
        time_passes(w, 3)
        equal(w.pids(), before, 'the same processes')
    s = rush.finish(60)
    equal(s['lost'], 0, 'the customers noticed nothing')
    equal(w.launches(), 4, 'no server was launched again')


def story_fleet_text(place):
    """Who is there, and how to go on without us, in plain text."""
    w = Kit(place).start()

    def text():
        with open(os.path.join(w.state, 'fleet.txt'), encoding='utf-8') as f:
            return f.read()
    wait_for('it names both servers', lambda: all(
        s['id'] in text() and s['address'] in text() for s in w.servers()))
    expect('backend="shop"' in text() and w.lb.sock in text(),
           'it says where the balancer is', text())


def story_fast_crashes(place):
    """Three ends soon after the start: no removals, until resume (I-34)."""
    w = Kit(place, fast_crashes=3, safe_mode='1s').start()
    wait_for('the safe mode of a first start is over', lambda:
             not w.call('status')['no_removals'])
    for n in range(3):
        expect(not w.call('status')['no_removals'], 'not yet', n)
        w.kill()
        w.boot()
    expect(w.call('status')['no_removals'], 'no removals now')
    expect('again and again' in w.proc.text(), 'the log says so')
    w.wait_serving(2)
    w.run('resume', 'shop')
    wait_for('removals are allowed', lambda:
             not w.call('status')['no_removals'], 3)


def story_rights(place):
    """Root becomes the user, or refuses."""
    if not place.root:
        print('not root: this story was not played')
        return
    w = Kit(place)
    p = w.spawn('rootless', user=False)
    equal(p.wait(10), 1, 'root without a user is refused')
    expect('does not run as root' in p.text(), 'and told', p.text())
    user = place.daemon_user
    w.write(w.policy(head='user = "%s";' % user.pw_name))
    w.boot(user=False)
    w.wait_serving(2)
    with open('/proc/%d/status' % w.proc.pid, encoding='ascii') as f:
        status = dict(line.rstrip('\n').split(':\t', 1) for line in f
                      if ':\t' in line)
    equal(status['Uid'].split(), [str(user.pw_uid)] * 4, 'every user id')
    equal(status['Gid'].split(), [str(user.pw_gid)] * 4, 'every group id')
    equal(int(status['CapEff'], 16), 0, 'no capability')
    equal(status['NoNewPrivs'].strip(), '1', 'nor a way to get one')
    with open('/proc/%d/limits' % w.proc.pid, encoding='ascii') as f:
        core = [x.split()[4] for x in f if x.startswith('Max core file')]
    equal(core, ['0'], 'no core dump')
    equal(os.stat('/proc/%d/mem' % w.proc.pid).st_uid, 0,
          'not dumpable: its memory is root\'s')


def story_reload(place):
    w = Kit(place).start()
    good = w.policy()
    write = w.write
    write(good.replace('max = 12;', 'max = "twelve"; bogus = 1;'))
    out = w.run('reload', status=1)
    expect('max' in out and 'bogus' in out, 'every error is told',
           out)
    equal(w.group()['max'], 12, 'the old one is in force')
    write(good.replace('max = 12;', 'max = 14;'))
    out = w.run('reload', status=0)
    expect('max' in out, 'the plan says what changes', out)
    equal(w.group()['max'], 14, 'the new one is in force')
    # what changes much waits for a word
    write(good.replace('max = 12;', 'max = 14;').replace(
        'min = 2;', 'min = 6;'))
    out = w.run('reload', status=1)
    equal(w.group()['min'], 2, 'nothing has changed')
    ident = out.rsplit('--confirm ', 1)[1].split()[0]
    w.run('reload', '--confirm', '0' * len(ident), status=1)
    w.run('reload', '--confirm', ident)
    wait_for('six serve', lambda: w.group()['serving'] == 6, 20)
    # a second group, which HAProxy does not know, comes and goes
    at = good.index('  {\n    name = "shop"')
    second = good[at:good.rindex('}') + 1].replace('"shop"', '"other"', 1)
    write(good.replace('max = 12;', 'max = 14;').replace(
        'min = 2;', 'min = 6;').rstrip().removesuffix(');') + ',\n' +
        second.replace('backend = "shop"', 'backend = "nowhere"') + '\n);\n')
    w.run('reload')
    equal([g['group'] for g in w.call('status')['groups']],
          ['shop', 'other'], 'a group comes')
    write(good.replace('max = 12;', 'max = 14;').replace(
        'min = 2;', 'min = 6;'))
    w.proc.kill(signal.SIGHUP)
    wait_for('the group has left', lambda: len(
        w.call('status')['groups']) == 1)
    equal(w.group()['serving'], 6, 'the other one is as it was')
    # a group that has servers cannot vanish
    write(good.replace('name = "shop"', 'name = "else"'))
    out = w.run('reload', status=1)
    equal(w.group()['serving'], 6, 'and has not')


def story_dry_run(place):
    """Nothing outside is touched; advice and shadow say what would be."""
    shop = lib.Shop(place)
    w = Kit(place, hand=[('hand', shop.address, shop.port)],
            head='dry_run = true;', lead_time='4s')
    w.boot()
    wait_for('it has decided', lambda: 'desired' in w.group())
    rush = Rush(place, [w.lb], '0:60,3:60,6:300,60:300')
    wait_for('the shadow grows, and the advice is to launch', lambda: all(
        w.group()[k] > 1 for k in ('pending', 'advice')), 20)
    wait_for('its servers serve after the lead time', lambda:
             w.group()['serving'] >= 3, 20)
    expect(all(s['id'].startswith('shadow-') for s in w.servers()
               if 'foreign' not in s['flags']), 'they are shadows',
           w.servers())
    equal(w.launches(), 0, 'no server was launched')
    equal(w.spawners(), [], 'and no spawner')
    expect(not os.path.exists(w.values['spawner_folder']), 'nor its folder')
    equal([a for a in w.lb.serving() if a != (shop.address, shop.port)], [],
          'the balancer is as it was')
    expect('DRY RUN' in w.run('status'), 'status says so')
    rush.stop()
    w.stop()
    w.boot()
    equal([s for s in w.servers('serving')
           if s['id'].startswith('shadow-')], [],
          'shadows end with the dry run')


if __name__ == '__main__':
    lib.main(globals())
