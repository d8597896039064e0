#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""200 boots at once on the boot endpoint of a real daemon, and ten real
plimsoll-boot beside them: when the first, the median and the last answer
came, how old the daemon's last decision ever was meanwhile, and what it takes.
"""
import os
import sys
import threading
import time

TOP = os.environ['top_srcdir']
for sub in (('tests', 'integration'), ('contrib', 'demo')):
    sys.path.insert(0, os.path.join(TOP, *sub))
sys.dont_write_bytecode = True

import lib  # noqa: E402
import t_boot  # noqa: E402


def memory(pid):
    with open('/proc/%d/smaps_rollup' % pid, encoding='ascii') as f:
        return {x.split(':')[0]: int(x.split()[1]) for x in f
                if x.rstrip().endswith('kB')}


class Ages(threading.Thread):
    """The age of the last decision, asked for all the time."""

    def __init__(self, w):
        super().__init__(daemon=True)
        self.w, self.going, self.seen = w, True, []
        self.most = 0

    def run(self):
        while self.going:
            self.seen.append(self.w.group()['age'])
            m = memory(self.w.proc.pid)
            self.most = max(self.most, m['Private_Clean'] +
                            m['Private_Dirty'])
            time.sleep(0.02)


def main():
    with lib.Place(lib.BUILD, name='plimsoll-bench') as place:
        w = t_boot.Crowd(place).start()
        files = w.crowd()
        before = memory(w.proc.pid)
        ages = Ages(w)
        ages.start()
        began = time.monotonic()
        w.word(scale=2 + t_boot.CROWD + t_boot.REAL)
        times = sorted(a[1] for a in w.load(files, 'a' * 32)
                       if a[0] == 200)
        lib.wait_for('the real ones', lambda: len(w.served()) ==
                     2 + t_boot.REAL, 60)
        took = time.monotonic() - began
        ages.going = False
        ages.join()
        print('%d boots at once, %d answered: first %.0f ms, median %.0f ms, '
              'last %.0f ms' % (len(files), len(times), times[0],
                                times[len(times) // 2], times[-1]))
        print('%d plimsoll-boot beside them, from the word to the last with '
              'its secrets: %.1f s' % (t_boot.REAL, took))
        print('oldest decision seen meanwhile: %.2f s (%d looks)' % (
            max(ages.seen), len(ages.seen)))
        print('the daemon at most: %.1f MB private' % (ages.most / 1024))
        for when, m in (('before', before), ('afterwards',
                                             memory(w.proc.pid))):
            print('the daemon %s: %.1f MB resident, %.1f MB private' % (
                when, m['Rss'] / 1024,
                (m['Private_Clean'] + m['Private_Dirty']) / 1024))


if __name__ == '__main__':
    main()
