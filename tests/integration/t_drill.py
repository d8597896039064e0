#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Drills on real processes: passed, failed, refused, and never in service."""
import lib
from kit import GENTLE, Kit
from lib import equal, expect, wait_for


def calm(w):
    """The drill is taken: two serve, and the load is known."""
    wait_for('a drill is possible', lambda: w.call(
        'word', group='shop', word={'drill': True}, timeout=20).get('ok'), 40)


def drill(w):
    return w.group().get('drill', {})


def story_drill_passes_and_fails(place):
    w = Kit(place, **GENTLE).start(serving=2)
    before = w.launches()
    calm(w)
    wait_for('the drill passed', lambda: drill(w).get('result') == 'passed',
             30)
    equal(drill(w)['phase'], 'healthy', 'the last phase of it')
    equal(w.launches(), before + 1, 'servers started for it')
    wait_for('its server is gone', lambda: len(w.pids()) == 2, 30)
    wait_for('the ledger forgets it', lambda: len(w.servers()) == 2, 30)
    seen = w.lb.serving()
    equal(len(seen), 2, 'servers in service: %s' % seen)
    expect('drill: passed by here' in w.run('status'), 'the status tells',
           w.run('status'))

    # a path that is broken: servers die at the start
    w.mode('--die-at-start')
    wait_for('a drill is possible again', lambda: drill(w).get(
        'result') == 'running' or w.call(
            'word', group='shop', word={'drill': True},
            timeout=20).get('ok'), 40)
    wait_for('the drill failed', lambda: drill(w).get('result') == 'failed',
             30)
    wait_for('it is an alarm', lambda: 'drill' in w.group()['alarms'], 10)
    expect('drill: FAILED by here' in w.run('status'), 'the status tells',
           w.run('status'))
    equal(len(w.lb.serving()), 2, 'servers in service')
    w.run('resume', 'shop')
    wait_for('a person has seen it', lambda: 'drill' not in
             w.group()['alarms'], 10)


def story_drill_on_schedule(place):
    """Nobody says a word; the shop's own policy does."""
    w = Kit(place, **GENTLE)
    w.write(w.policy().replace('providers = ["here"];', 'providers = '
                               '["here"]; drill: { every = "10m"; };'))
    w.start(serving=2)
    wait_for('the drill passed', lambda: drill(w).get('result') == 'passed',
             60)
    equal(w.launches(), 3, 'servers started in all')


def story_drill_in_a_dry_run_is_told_of(place):
    w = Kit(place, head='dry_run = true;').boot()
    said = w.run('drill', 'shop', status=1)
    expect('it would launch one server' in said, 'it is told of', said)
    equal(w.launches(), 0, 'servers started')


if __name__ == '__main__':
    lib.main(globals())
