#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a real plimsolld decided, `plimsoll replay` decides again."""
import json
import os
import shutil
import sqlite3
import subprocess

import lib
from kit import Kit
from lib import equal, expect


def said_by(w, args, status):
    """No command that asks the daemon: it has no --control."""
    p = subprocess.run([w.place.program('plimsoll'), 'replay', *args,
                        '--policy', w.file], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, timeout=60,
                       check=False)
    equal(p.returncode, status, 'exit status of replay: %s' % p.stdout)
    return p.stdout


def replay(w, state, status=0):
    return json.loads(said_by(w, [state, '--json'], status))


def story_replay_of_a_real_run(place):
    """Two lives, a word, servers launched and found again: all the same."""
    w = Kit(place).start(serving=2)
    w.run('scale', 'shop', '3', '--for', '10m', '--reason', 'test')
    w.wait_serving(3)
    w.stop()
    w.start(serving=3)
    w.run('note', 'shop', 'deploy v2')
    w.stop()
    said = replay(w, w.state)
    expect(said['same'] and said['same_build'] and said['same_policy'],
           'the same again', said)
    equal(said['left_out'], 0, 'steps that are left out')
    expect(said['steps'] > 5 and said['decisions'] >= said['steps'] - 2,
           'it replayed something', said)

    # a file without the starts: it says so
    copy = os.path.join(place.dir, 'copy')
    shutil.copytree(w.state, copy)
    name = sorted(n for n in os.listdir(copy) if n.startswith('journal.') and
                  n.endswith('.db'))[-1]
    db = sqlite3.connect(os.path.join(copy, name))
    db.execute("DELETE FROM mark WHERE kind = 'calls'")
    db.commit()
    db.close()
    p = said_by(w, [copy], 1)
    expect('no step can be replayed' in p, 'no start, no replay', p)


def story_replay_of_recorded_traffic(place):
    """A first start reads the file, a second remembers; both are replayed."""
    w = Kit(place)
    history = os.path.join(place.dir, 'history.csv')
    with open(history, 'w', encoding='utf-8') as f:
        f.write('time,requests_per_second\n')
        for minute in range(2 * 1440):
            f.write('%d,%d\n' % (1790000000 + 60 * minute, minute % 100))
    policy = w.policy().replace('every = "500ms";',
                                'every = "500ms"; history = "%s";' % history)
    w.write(policy)
    w.start(serving=2)
    w.stop()
    expect('msg="recorded traffic read" group=shop rows=2880' in w.proc.text(),
           'it says what it read', w.proc.text()[-2000:])
    w.start(serving=2)
    w.stop()
    equal(w.proc.text().count('recorded traffic read'), 1,
          'reads, since the second start remembers')
    said = replay(w, w.state)
    expect(said['same'] and said['left_out'] == 0, 'the same again', said)

    # nonsense in the file: it starts without, and check says so beforehand
    with open(history, 'a', encoding='utf-8') as f:
        f.write('soon,12\n')
    sentence = ('line 2882: at: found "soon", expected a moment such as '
                '"2026-11-27T00:00:00Z"')
    p = subprocess.run([place.program('plimsoll'), 'check', w.file],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, timeout=60, check=False)
    equal(p.returncode, 0, 'exit status of check: %s' % p.stdout)
    expect(sentence in p.stdout, 'check names the line', p.stdout)
    w.write(policy.replace(w.state, w.state + '2'))
    w.start(serving=2)
    w.stop()
    expect('started without the recorded traffic' in w.proc.text(),
           'it starts all the same', w.proc.text()[-2000:])


if __name__ == '__main__':
    lib.main(globals())
