#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A disk that is full: launches go on, removals wait (I-29)."""
import os
import subprocess

import lib
from lib import Rush, World, equal, expect, wait_for


def story_the_disk_is_full_in_the_rush(place):
    if not place.root:
        print('not root: no tmpfs of our own, so this story was not played')
        return
    w = World(place)
    os.mkdir(w.daemon.state, 0o700)
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=4m,uid=%d,mode=700'
                    % place.daemon_user.pw_uid, 'tmpfs', w.daemon.state],
                   check=True)
    place.at_end.append(lambda: subprocess.run(
        ['umount', w.daemon.state], check=True))
    w.start()
    with open(os.path.join(w.daemon.state, 'filler'), 'wb') as f:
        try:
            while True:
                f.write(b'x' * 4096)
                f.flush()
        except OSError:
            pass
    rush = Rush(place, [w.lb], '0:80,3:80,8:400,20:400,22:80,30:80')
    wait_for('six servers serve all the same', lambda:
             len(w.lb.serving()) >= 6, 30)
    most = len(w.pids())
    wait_for('the alarm says so', lambda: w.daemon.call('status')['journal']
             == 'bad', 10)
    equal(rush.finish(60)['lost'], 0, 'nothing is lost')
    expect(len(w.pids()) >= most, 'nothing was removed')
    os.unlink(os.path.join(w.daemon.state, 'filler'))
    wait_for('the journal is good again', lambda:
             w.daemon.call('status')['journal'] == 'good', 60)
    wait_for('the servers are given back', lambda: len(w.pids()) == 2, 60)


if __name__ == '__main__':
    lib.main(globals())
