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


if __name__ == '__main__':
    lib.main(globals())
