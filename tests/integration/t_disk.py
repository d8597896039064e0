#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A disk that is full: launches go on, removals wait (I-29)."""
import os
import subprocess

import lib
from kit import GENTLE, Kit
from lib import Rush, equal, expect, wait_for


def fill(path):
    with open(path, 'wb', buffering=0) as f:
        try:
            while f.write(b'x' * 4096):
                pass
        except OSError:
            pass


def story_the_disk_is_full_in_the_rush(place):
    expect(place.root, 'a full disk of our own takes a mount: run as root')
    w = Kit(place, **GENTLE)
    os.mkdir(w.state, 0o700)
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=24m,uid=%d,mode=700'
                    % place.daemon_user.pw_uid, 'tmpfs', w.state],
                   check=True)
    place.at_end.append(lambda: subprocess.run(
        ['umount', w.state], check=True))
    w.start()
    fill(os.path.join(w.state, 'filler'))
    rush = Rush(place, [w.lb], '0:20,3:20,8:100,20:100,22:20,30:20')
    wait_for('six servers serve all the same', lambda:
             len(w.lb.serving()) >= 6, 30)
    most = len(w.pids())
    wait_for('the alarm says so', lambda: w.call('status')['journal']
             == 'bad', 10)
    equal(rush.finish(60)['lost'], 0, 'nothing is lost')
    expect(len(w.pids()) >= most, 'nothing was removed')
    os.unlink(os.path.join(w.state, 'filler'))
    wait_for('the journal is good again', lambda:
             w.call('status')['journal'] == 'good', 60)
    wait_for('the servers are given back', lambda: len(w.pids()) == 2, 60)


if __name__ == '__main__':
    lib.main(globals())
