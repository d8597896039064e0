#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What an operator says: words, holds, single servers, and the commands."""
import json
import os
import re
import subprocess

import lib
from kit import GENTLE, Kit, time_passes
from lib import Rush, equal, expect, wait_for


def serving(w):
    return w.group()['serving']


def story_scale(place):
    w = Kit(place).start()
    out = w.run('scale', 'shop', '4', '--for', '1h', '--reason', 'a sale',
              '--wait')
    expect('4 of 4 serve' in out, 'it waits until they serve', out)
    equal(serving(w), 4, 'at least four')
    equal(w.group()['mode'], 'manual', 'the word set the number')
    # a new one replaces, and says what it replaced
    out = w.run('scale', 'shop', '3', '--for', '2h')
    expect('replaces: at least 4 servers for 59m' in out, 'it says so', out)
    out = w.run('status')
    expect(re.search('word: at least 3 servers for (2h|1h 59m), by uid', out),
           'status shows it', out)
    # it survives a kill
    w.kill()
    w.boot()
    out = w.run('status')
    expect('word: at least 3 servers' in out, 'it is in force again', out)
    wait_for('three are wanted', lambda: w.group()['desired'] == 3,
             20)
    # who said it is in the history
    out = w.run('history', 'shop')
    expect('at_least 4, by uid %d (a sale)' % os.getuid() in out,
           'the history has who and why', out)
    out = w.run('scale', 'shop', '13', status=1)
    expect('max' in out and '12' in out, 'never above max', out)
    w.run('resume', 'shop')
    wait_for('the load sets the number again', lambda:
             w.group()['desired'] == 2, 30)


def story_a_word_ends_by_a_date(place):
    w = Kit(place).start()
    w.run('scale', 'shop', '3', '--for', '8s')
    wait_for('it is in force', lambda: w.group()['desired'] == 3)
    wait_for('it has ended', lambda: not w.group()['words'], 15)
    wait_for('the load sets the number', lambda:
             w.group()['desired'] == 2, 30)


def story_hold(place):
    """Nothing is launched in a rush until resume (I-34)."""
    w = Kit(place, **GENTLE).start()
    w.run('hold', 'shop', '--reason', 'looking')
    wait_for('the decision has it', lambda: any(
        h['by'] == 'operator' and h['what'] == 'all'
        for h in w.group()['holds']), 1)
    rush = Rush(place, [w.lb], '0:20,1:20,2:100,240:100')
    wait_for('the load asks for more', lambda: w.group()['need'] > 2, 15)
    time_passes(w, 4)
    equal(w.launches(), 2, 'nothing was launched')
    w.kill()
    w.boot()
    wait_for('the load asks again', lambda: w.group()['need'] > 2, 15)
    time_passes(w, 4)
    equal(w.launches(), 2, 'nor after a restart')
    w.run('resume', 'shop')
    wait_for('launches begin', lambda: w.launches() > 2, 3)
    rush.stop()


def story_single_servers(place):
    w = Kit(place).start()
    w.run('scale', 'shop', '3', '--wait')
    victim = w.servers('serving')[0]['id']
    out = w.run('drain', 'nobody', status=1)
    expect("there is no server 'nobody'" in out, 'it says so', out)
    w.run('protect', victim, '--for', '1m')
    expect('protected' in w.run('servers', 'shop'), 'servers shows it')
    other = w.servers('serving')[1]['id']
    w.wait_removals()
    w.run('replace', other)
    wait_for('another one serves in its place', lambda:
             other not in [s['id'] for s in w.servers()] and
             serving(w) >= 3, 30)
    w.run('resume', 'shop')
    wait_for('the load sets the number', lambda: len(w.servers()) == 2, 40)
    expect(victim in [s['id'] for s in w.servers('serving')],
           'the protected one still serves')


def story_commands(place):
    """Exit statuses, JSON, and a clear sentence without a daemon."""
    w = Kit(place)
    out = w.run('status', status=1)
    expect('plimsolld does not run' in out, 'it says so', out)
    w.start()
    answer = json.loads(w.run('status', '--json'))
    equal(answer['groups'][0]['group'], 'shop', 'JSON of the status')
    answer = json.loads(w.run('status', 'nowhere', '--json', status=1))
    equal(answer['ok'], False, 'JSON of a refusal')
    for argv in (['explain', 'shop'], ['servers', 'shop'], ['history'],
                 ['note', 'shop', 'deploy v1'], ['watch', '--help']):
        w.run(*argv)
    out = w.run('explain', 'shop')
    expect('server(s)' in out and 'Verdict: ' in out, 'sentences', out)
    w.run('scale', 'shop', status=2)
    w.run('scale', 'shop', 'many', status=2)
    w.run('scale', 'shop', '3', '--for', '5', status=2)
    w.run('scale', 'shop', '3', '--bogus', status=2)
    w.run('nonsense', status=2)
    # not a terminal: plain lines, one a second
    p = subprocess.Popen([place.program('plimsoll'), 'watch', '--control',
                          w.control], stdout=subprocess.PIPE,
                         text=True)
    lines = [p.stdout.readline() for _ in range(2)]
    p.terminate()
    p.wait()
    p.stdout.close()
    expect(all(' shop ' in x and ' serving 2 ' in x for x in lines),
           'a line a second', lines)


if __name__ == '__main__':
    lib.main(globals())
