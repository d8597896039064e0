# SPDX-License-Identifier: MIT
"""What the stories stand on: the stage of contrib/demo, and the daemon.

A test file has functions story_*(place); lib.main(globals()) plays each on a
stage of its own and shows every log when one fails.  No process outlives its
story: one that does is ended by its process id, and the story has failed.
"""
import glob
import inspect
import os
import signal
import sys
import time
import traceback

TOP = os.environ.get('top_srcdir') or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), '..', '..')
BUILD = os.environ.get('top_builddir') or os.path.join(TOP, 'build')
sys.path.insert(0, os.path.join(TOP, 'contrib', 'demo'))
sys.dont_write_bytecode = True

import stage  # noqa: E402
from stage import (Failed, Haproxy, Place, Rush, Shop,  # noqa: E402,F401
                   alive, get)

# Deadlines are times on an idle machine; a busy one is no failure.
PATIENCE = 4


def wait_for(what, condition, deadline=10.0, every=0.02):
    """As the stage's; a story that waits for an event may wait longer."""
    return stage.wait_for(what, condition, PATIENCE * deadline, every)


def expect(condition, sentence, *values):
    """A sentence about what should be, and what was seen."""
    if not condition:
        raise Failed('not true: %s%s' % (
            sentence, ''.join(' [%r]' % (v,) for v in values)))


def equal(seen, expected, sentence):
    if seen != expected:
        raise Failed('%s: expected %r, saw %r' % (sentence, expected, seen))


def logs_show(place):
    for path in sorted(glob.glob(os.path.join(place.dir, '*.log'))):
        with open(path, encoding='utf-8', errors='replace') as f:
            text = f.read()
        print('-- %s\n%s' % (os.path.basename(path), text[-12000:]))


def play(name, story):
    began = time.monotonic()
    place = Place(BUILD, name='plimsoll-test')
    ok = False
    try:
        story(place)
        ok = True
    except Failed as e:
        where = traceback.extract_tb(e.__traceback__)
        print('FAILED %s: %s' % (name, e))
        print('  at ' + ', '.join('%s:%d' % (os.path.basename(f.filename),
                                             f.lineno) for f in where))
    except Exception:  # pylint: disable=broad-except
        print('FAILED %s' % name)
        traceback.print_exc(file=sys.stdout)
    left = place.stop_all()
    if ok and left:
        print('FAILED %s: left running: %s' % (name, left))
        ok = False
    if not ok:
        logs_show(place)
    place.end()
    print('%s: %s (%.1f s)' % ('ok' if ok else 'failed', name,
                               time.monotonic() - began), flush=True)
    return ok


def told_to_end(*_):
    raise Failed('told to end')


def main(names, long=()):
    """All stories of a file, or those named as arguments.

    Those of `long` wait for minutes of a provider's doubt (I-14): without a
    name they are told only where PLIMSOLL_LONG is set, as `make long` does."""
    signal.signal(signal.SIGTERM, told_to_end)
    stories = [(n, f) for n, f in names.items()
               if n.startswith('story_') and inspect.isfunction(f)]
    wanted = sys.argv[1:]
    if wanted:
        stories = [(n, f) for n, f in stories if n in wanted]
    elif not os.environ.get('PLIMSOLL_LONG'):
        stories = [(n, f) for n, f in stories if n not in long]
    if not stories:
        sys.exit('no such story')
    sys.exit(0 if all([play(n, f) for n, f in stories]) else 1)
