#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""From a decision to a server of a cloud that serves with its secret: what
it is told comes as user data, and holds nothing of the secret itself."""
import base64
import os
import re

import lib
from cloudkit import Account, at_rest, more
from kit import WORKERS
from lib import equal, expect
from t_boot import CANARY, Boot

# The service: it runs only if it has its secret.
SERVICE = '''#!/bin/sh
[ -s "$PLIMSOLL_SECRETS/DB_PASSWORD" ] || { echo "no secret" >&2; exit 9; }
exec %(shop)s "$@"
'''


class CloudBoot(Boot):
    """The boot path on a cloud.  The account is made before the policy."""

    def __init__(self, place, a):
        self.account = a
        super().__init__(
            place, providers=a.provider(), boot_deadline='60s',
            ways='      providers = ["main"]; secrets = "shop";\n' + a.way())
        service = os.path.join(place.dir, 'service')
        with open(service, 'w', encoding='ascii') as f:
            f.write(SERVICE % dict(shop=place.program('plimsoll-shop')))
        os.chmod(service, 0o755)
        self.files = place.folder('cloud-init', place.daemon_user)
        self.argv = [os.path.join(place.bin, 'plimsoll-boot'), '-d',
                     self.memory, '-t', '60']
        self.then = ['--', service, '--workers', str(WORKERS), '--service',
                     '50ms', '--boot', '300ms']
        self.told = []
        a.cloud.runs = self.cloud_init

    def cloud_init(self, address, text):
        """Stands in for cloud-init: writes the file that it is told to, and
        runs plimsoll-boot with the service of the image."""
        self.told.append(text)
        expect(text.startswith('#cloud-config\n'), 'cloud-init reads it')
        b64 = re.search(r'^    content: (\S+)$', text, re.M).group(1)
        path = os.path.join(self.files, 'boot-%d' % len(self.told))
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(fd, base64.b64decode(b64))
        user = self.place.daemon_user
        if user:
            os.fchown(fd, user.pw_uid, user.pw_gid)
        os.close(fd)
        return [*self.argv, '-f', path, *self.then, '--address', address,
                '--port', str(self.account.cloud.server_port)]


def story_secrets_on_a_cloud(place):
    a = Account(place, 'hetzner')
    w = CloudBoot(place, a)
    a.trouble.once('POST', ('drop',))  # and again, with the same text
    w.start()
    more(w, 4)
    w.wait_serving(4, 60)
    equal(len(w.told), 4, 'each was told once')
    equal(len(set(w.told)), 4, 'each something else')
    for text in w.told:
        expect(CANARY not in base64.b64decode(re.search(
            r'content: (\S+)', text).group(1)), 'and no secret')
    at_rest(w, a)


def story_secrets_over_a_kill(place):
    a = Account(place, 'digitalocean')
    w = CloudBoot(place, a).start()
    a.trouble.fate = lambda m, _: ('slow', 0.5) if m == 'POST' else None
    more(w, 4)
    lib.wait_for('a launch is under way', lambda:
                 a.trouble.played['slow'] > 0, 20)
    w.kill()
    w.boot()
    w.wait_serving(4, 240)
    at_rest(w, a)


if __name__ == '__main__':
    lib.main(globals())
