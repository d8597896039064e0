#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""plimsolld killed with -9 every few seconds while it launches and removes
on a cloud, with trouble on every call: one server an intent, none leaked."""
import lib
from cloudkit import killed_again_and_again


def story_hetzner(place):
    killed_again_and_again(place, 'hetzner')


def story_digitalocean(place):
    killed_again_and_again(place, 'digitalocean')


if __name__ == '__main__':
    lib.main(globals(), long=('story_digitalocean',))
