# SPDX-License-Identifier: MIT
"""plimsolld on the stage: a policy filled in, the daemon started and asked.

A policy is text; policy_set() puts the paths and ports of this run into it.
What the daemon says comes over its control socket, a line of JSON each way.
"""
import json
import os
import re
import socket

from stage import Failed, wait_for


def literal(value):
    """A value as libconfig writes it."""
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return '[' + ', '.join(literal(v) for v in value) + ']'
    return '"%s"' % value.replace('\\', '\\\\').replace('"', '\\"')


def policy_set(text, **values):
    """Replaces `key = ...;` wherever it stands; each must stand there."""
    for key, value in values.items():
        new = '%s = %s;' % (key, literal(value))
        text, n = re.subn(
            r'(?m)(?<![\w])%s\s*=\s*(\[[^\]]*\]|"(\\.|[^"\\])*"|[^;"\[]+);'
            % re.escape(key), lambda _, new=new: new, text)
        if n == 0:
            raise Failed('the policy has no %s' % key)
    return text


def ask(control, name, timeout=5.0, **fields):
    """One call; its answer, refused ones included."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(timeout)
        s.connect(control)
        s.sendall(json.dumps(dict(call=name, **fields)).encode() + b'\n')
        data = b''
        while not data.endswith(b'\n'):
            part = s.recv(65536)
            if not part:
                raise OSError('the control socket closed')
            data += part
    return json.loads(data)


class Daemon:
    """A plimsolld, its control socket, its group."""

    def __init__(self, place, policy, group='shop', name='plimsolld'):
        self.place = place
        self.name = name
        self.group = group
        self.policy = os.path.join(place.dir, name + '.cfg')
        self.control = os.path.join(place.own, name + '.sock')
        self.state = os.path.join(place.own, name + '-state')
        self.folder = os.path.join(place.own, 'spawner')
        self.write(policy)
        self.proc = None

    def write(self, policy):
        with open(self.policy, 'w', encoding='utf-8') as f:
            f.write(policy_set(
                policy, control=self.control, state=self.state,
                folder=self.folder,
                program=self.place.program('plimsoll-spawner')))

    def start(self, wait=True):
        for path in (self.state, self.folder):
            if not os.path.isdir(path):
                os.mkdir(path, 0o700)
                if self.place.root:
                    os.chown(path, self.place.daemon_user.pw_uid,
                             self.place.daemon_user.pw_gid)
        self.proc = self.place.start(
            self.name, [self.place.program('plimsolld'), self.policy],
            self.place.daemon_user)
        if wait:
            wait_for('plimsolld answers', self.answers, 15)
        return self

    def answers(self):
        if not self.proc.running():
            raise Failed('plimsolld ended with %s: %s' % (
                self.proc.p.returncode, self.proc.text()[-2000:]))
        try:
            return 'groups' in self.call('status')
        except (OSError, ValueError):
            return False

    def call(self, name, timeout=5.0, **fields):
        """One call; its answer, refused ones included."""
        return ask(self.control, name, timeout, **fields)

    def status(self):
        """The group's part of the status."""
        for g in self.call('status')['groups']:
            if g['group'] == self.group:
                return g
        raise Failed('no group %s' % self.group)
