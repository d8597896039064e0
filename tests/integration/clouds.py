# SPDX-License-Identifier: MIT
"""A stand-in for a cloud's API, and trouble between it and us.

No test may call a real cloud: it costs money, and it cannot be told to fail.
So HetznerStandIn keeps the life of servers as the provider documents it:
names are unique in a project, labels are asked for, pages are of 50 at most,
an account has a limit, a location may be full.  Its servers are real
processes on real addresses.  What it says is checked against the provider's
own OpenAPI description where that is at hand (see described()): then Prism
stands between and validates both directions.

Trouble is a proxy of ours: it delays, cuts, throttles, and answers in the
cloud's place with what no cloud should say.
"""
import collections
import http.client
import http.server
import json
import os
import random
import re
import signal
import socket
import sys
import threading
import time
import traceback
import urllib.parse

import lib
from lib import wait_for


class Cut(Exception):
    """The connection ends without an answer."""


class Listener(http.server.ThreadingHTTPServer):
    request_queue_size = 512  # many come at once


class Served:
    """A small HTTP server in a thread; say(method, path, headers, body)
    returns (status, headers, body)."""

    def __init__(self, place, address=None, port=None):
        face = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def any(self):
                n = int(self.headers.get('Content-Length') or 0)
                body = self.rfile.read(n)
                try:
                    status, headers, text = face.say(
                        self.command, self.path, self.headers, body)
                except Cut:
                    self.close_connection = True
                    try:
                        self.connection.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass
                    return
                try:
                    self.send_response(status)
                    for name, value in headers:
                        self.send_header(name, value)
                    self.send_header('Content-Length', str(len(text)))
                    self.end_headers()
                    self.wfile.write(text)
                except OSError:
                    pass  # the daemon was killed meanwhile

            do_GET = do_POST = do_DELETE = any

            def log_message(self, *_):
                pass

        self.address = address or place.address
        self.httpd = Listener((self.address, port or place.port()), Handler)
        self.httpd.daemon_threads = True
        self.httpd.handle_error = self.trouble
        self.httpd.block_on_close = False
        self.port = self.httpd.server_address[1]
        self.url = 'http://%s:%d' % (self.address, self.port)
        threading.Thread(target=self.httpd.serve_forever, kwargs={
            'poll_interval': 0.05}, daemon=True).start()
        place.at_end.append(self.end)

    @staticmethod
    def trouble(*_):
        """A daemon that is killed resets its connections."""
        if not isinstance(sys.exc_info()[1], OSError):
            traceback.print_exc()

    def end(self):
        self.httpd.shutdown()
        self.httpd.server_close()

    def say(self, method, path, headers, body):
        raise NotImplementedError


def reply(status, value, headers=()):
    return status, [('Content-Type', 'application/json'), *headers], \
        json.dumps(value).encode()


def free_address(place, port):
    """An address of its own for a server, as in a cloud."""
    for _ in range(100):
        address = place._address()  # pylint: disable=protected-access
        with socket.socket() as s:
            try:
                s.bind((address, port))
                return address
            except OSError:
                continue
    raise lib.Failed('no address for one more server')


class Servers:
    """What stand-ins share: servers as processes, and a log of what was
    asked.  `created` counts creations by name, for ever."""

    def __init__(self, place, key, port):
        self.place, self.key, self.server_port = place, key, port
        self.lock = threading.RLock()
        self.servers = {}
        self.created = collections.Counter()
        self.asked = []  # (time, method, path, status)
        self.next_id = random.SystemRandom().randint(1000, 10 ** 9)
        self.limit = 1000
        self.full = set()  # locations
        self.images = {'shop-1'}
        self.boot = ('--boot', '300ms')

    def runs(self, address, user_data):
        """What a new server runs.  A story may put cloud-init here."""
        return [self.place.program('plimsoll-shop'), '--address', address,
                '--port', str(self.server_port), '--service', '50ms',
                '--workers', '5', '--backlog', '50', *self.boot]

    def launch(self, name, user_data=None):
        """A process that serves, on an address of its own."""
        address = free_address(self.place, self.server_port)
        self.created[name] += 1
        self.next_id += 1
        proc = self.place.start(
            'server-%d' % self.next_id, self.runs(address, user_data),
            self.place.daemon_user)
        return self.next_id, address, proc

    def end_server(self, number):
        with self.lock:
            s = self.servers.pop(number)
        s['proc'].kill(signal.SIGKILL)
        s['proc'].wait()

    def ids(self):
        with self.lock:
            return sorted(str(n) for n in self.servers)

    def calls(self, method, path=''):
        with self.lock:
            return [a for a in self.asked if a[1] == method and path in a[2]]


LABEL = re.compile(r'(()|[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?)\Z')
HOSTNAME = re.compile(r'[a-zA-Z0-9]([a-zA-Z0-9.-]{0,61}[a-zA-Z0-9])?\Z')
NOW = '2026-11-27T00:00:00+00:00'


class HetznerStandIn(Servers, Served):
    """Stands in for Hetzner Cloud's API; see the top of this file."""

    KIND = 'hetzner'
    REQUEST = {'name', 'image', 'server_type', 'location', 'labels',
               'user_data', 'ssh_keys', 'networks'}

    def __init__(self, place, key='k', port=8080):
        Servers.__init__(self, place, key, port)
        Served.__init__(self, place)

    def say(self, method, path, headers, body):
        url = urllib.parse.urlsplit(path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if headers.get('Authorization') != 'Bearer ' + self.key:
            answer = self.error(401, 'unauthorized')
        else:
            answer = self.route(method, url.path, query, body)
        with self.lock:
            self.asked.append((time.monotonic(), method, path, answer[0]))
        return answer

    def route(self, method, path, query, body):
        if path == '/servers' and method == 'GET':
            return self.list(query)
        if path == '/servers' and method == 'POST':
            return self.create(json.loads(body))
        if path == '/images' and method == 'GET':
            found = [n for n in self.images if n == query.get('name')]
            return reply(200, {'images': [self.image(n) for n in found],
                               'meta': self.pages(1, 50, len(found))})
        m = re.match(r'/servers/([0-9]+)\Z', path)
        if not m:
            return self.error(404, 'not_found')
        with self.lock:
            s = self.servers.get(int(m.group(1)))
            if s is None:
                return self.error(404, 'not_found')
            if method == 'GET':
                return reply(200, {'server': self.server(s)})
            self.end_server(s['id'])
            return reply(200, {'action': self.action('delete_server', s)})

    @staticmethod
    def error(status, code, headers=()):
        return reply(status, {'error': {'code': code, 'message': code + '.',
                                        'details': None}}, headers)

    def create(self, q):
        with self.lock:
            if (set(q) - self.REQUEST or not HOSTNAME.match(q['name']) or
                    not all(LABEL.match(v) for v in q['labels'].values())):
                return self.error(422, 'invalid_input')
            if any(s['name'] == q['name'] for s in self.servers.values()):
                return self.error(409, 'uniqueness_error')
            if len(self.servers) >= self.limit:
                return self.error(403, 'resource_limit_exceeded')
            if q.get('location') in self.full:
                return self.error(412, 'placement_error')
            number, address, proc = self.launch(q['name'],
                                               q.get('user_data'))
            s = dict(id=number, name=q['name'], labels=q['labels'],
                     address=address, proc=proc, q=q,
                     location=q.get('location', 'fsn1'))
            self.servers[number] = s
            return reply(201, {
                'server': dict(self.server(s), status='initializing'),
                'action': self.action('create_server', s, 'running'),
                'next_actions': [], 'root_password': 'never-log-this'})

    def list(self, query):
        with self.lock:
            found = [s for _, s in sorted(self.servers.items())]
        name, selector = query.get('name'), query.get('label_selector')
        if name:
            found = [s for s in found if s['name'] == name]
        if selector:
            key, _, value = selector.partition('==')
            found = [s for s in found if s['labels'].get(key) == value]
        size = min(50, int(query.get('per_page', 25)))
        page = int(query.get('page', 1))
        return reply(200, {
            'servers': [self.server(s) for s in
                        found[(page - 1) * size:page * size]],
            'meta': self.pages(page, size, len(found))})

    @staticmethod
    def pages(page, size, n):
        last = max(1, -(-n // size))
        return {'pagination': {
            'page': page, 'per_page': size, 'last_page': last,
            'previous_page': page - 1 if page > 1 else None,
            'next_page': page + 1 if page < last else None,
            'total_entries': n}}

    @staticmethod
    def image(name):
        return {'id': 1, 'name': name, 'type': 'system', 'status':
                'available', 'description': name, 'architecture': 'x86',
                'bound_to': None, 'created': NOW, 'created_from': None,
                'deleted': None, 'deprecated': None, 'disk_size': 5,
                'image_size': None, 'labels': {}, 'os_flavor': 'debian',
                'os_version': '12', 'protection': {'delete': False}}

    @staticmethod
    def action(command, s, status='success'):
        return {'id': s['id'] + 1, 'command': command, 'status': status,
                'progress': 100 if status == 'success' else 0,
                'started': NOW, 'finished': NOW if status == 'success'
                else None, 'error': None,
                'resources': [{'id': s['id'], 'type': 'server'}]}

    @staticmethod
    def place_of(name):
        return {'id': 1, 'name': name, 'description': name, 'city': name,
                'country': 'DE', 'latitude': 50.0, 'longitude': 12.0,
                'network_zone': 'eu-central'}

    def server(self, s):
        """As the API words a server: every field that it documents."""
        where = self.place_of(s['location'])
        running = s['proc'].running()
        return {
            'id': s['id'], 'name': s['name'], 'labels': s['labels'],
            'status': 'running' if running else 'off', 'created': NOW,
            'public_net': {
                'ipv4': {'id': s['id'], 'ip': s['address'], 'blocked': False,
                         'dns_ptr': 'a.example'},
                'ipv6': {'id': s['id'], 'ip': '2001:db8::/64', 'blocked':
                         False, 'dns_ptr': []},
                'floating_ips': [], 'firewalls': []},
            'private_net': [], 'location': where,
            'datacenter': {
                'id': 1, 'name': s['location'] + '-dc1', 'description': 'd',
                'location': where, 'server_types': {
                    'supported': [1], 'available': [1],
                    'available_for_migration': [1]}},
            'server_type': {
                'id': 1, 'name': s['q']['server_type'], 'description': 'd',
                'cores': 2, 'memory': 4.0, 'disk': 40, 'deprecated': False,
                'prices': [], 'storage_type': 'local', 'cpu_type': 'shared',
                'architecture': 'x86', 'locations': []},
            'image': None, 'iso': None, 'rescue_enabled': False,
            'locked': False, 'backup_window': None, 'volumes': [],
            'load_balancers': [], 'outgoing_traffic': 0,
            'ingoing_traffic': 0, 'included_traffic': 1000,
            'primary_disk_size': 40, 'placement_group': None,
            'protection': {'delete': False, 'rebuild': False}}


class DigitaloceanStandIn(Servers, Served):
    """Stands in for DigitalOcean's API: names are not unique, an address
    comes later, and a list knows of a new droplet a little late."""

    KIND = 'digitalocean'
    REQUEST = {'name', 'size', 'image', 'region', 'tags', 'user_data',
               'vpc_uuid', 'ssh_keys'}
    LATE = 1.0  # seconds until a droplet has an address and is listed

    def __init__(self, place, key='k', port=8080):
        Servers.__init__(self, place, key, port)
        Served.__init__(self, place)

    def say(self, method, path, headers, body):
        url = urllib.parse.urlsplit(path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if headers.get('Authorization') != 'Bearer ' + self.key:
            answer = self.error(401, 'unauthorized', 'Unable to '
                                'authenticate you')
        else:
            answer = self.route(method, url.path, query, body)
        with self.lock:
            self.asked.append((time.monotonic(), method, path, answer[0]))
        return answer

    def route(self, method, path, query, body):
        if path == '/v2/droplets' and method == 'GET':
            return self.list(path, query)
        if path == '/v2/droplets' and method == 'POST':
            return self.create(json.loads(body))
        if path == '/v2/account':
            return reply(200, {'account': {
                'droplet_limit': self.limit, 'floating_ip_limit': 3,
                'email': 'a@a.example', 'uuid': 'u', 'email_verified': True,
                'status': 'active', 'status_message': ''}})
        m = re.match(r'/v2/images/(.+)\Z', path)
        if m and m.group(1) in self.images:
            return reply(200, {'image': {'id': 1, 'slug': m.group(1)}})
        m = re.match(r'/v2/droplets/([0-9]+)\Z', path)
        with self.lock:
            s = self.servers.get(int(m.group(1))) if m else None
            if s is None:
                return self.error(404, 'not_found', 'not found')
            if method == 'GET':
                return reply(200, {'droplet': self.droplet(s)})
            self.end_server(s['id'])
            return 204, [], b''

    @staticmethod
    def error(status, code, message):
        return reply(status, {'id': code, 'message': message})

    def create(self, q):
        with self.lock:
            if set(q) - self.REQUEST or not HOSTNAME.match(q['name']):
                return self.error(422, 'unprocessable_entity', 'wrong')
            if len(self.servers) >= self.limit:
                return self.error(422, 'unprocessable_entity', 'creating '
                                  'this/these droplet(s) will exceed your '
                                  'droplet limit')
            if q.get('region') in self.full:
                return self.error(422, 'unprocessable_entity', 'Size is not '
                                  'available in this region.')
            number, address, proc = self.launch(q['name'],
                                               q.get('user_data'))
            s = dict(id=number, name=q['name'], tags=q['tags'], proc=proc,
                     address=address, q=q, at=time.monotonic())
            self.servers[number] = s
            return reply(202, {'droplet': self.droplet(s), 'links': {
                'actions': [{'id': number + 1, 'rel': 'create', 'href':
                             'https://a.example/v2/actions/1'}]}})

    def there(self, s):
        return time.monotonic() - s['at'] > self.LATE

    def list(self, path, query):
        with self.lock:
            found = [s for _, s in sorted(self.servers.items())
                     if self.there(s)]
        if 'name' in query:
            found = [s for s in found if s['name'] == query['name']]
        if 'tag_name' in query:
            found = [s for s in found if query['tag_name'] in s['tags']]
        size, page = int(query.get('per_page', 20)), int(query.get('page', 1))
        links = {}
        if page * size < len(found):
            more = urllib.parse.urlencode(dict(query, page=page + 1))
            links = {'pages': {
                'next': 'https://a.example%s?%s' % (path, more),
                'last': 'https://a.example%s?%s' % (path, more)}}
        return reply(200, {
            'droplets': [self.droplet(s) for s in
                         found[(page - 1) * size:page * size]],
            'links': links, 'meta': {'total': len(found)}})

    def droplet(self, s):
        """As the API words a droplet: every field that it documents."""
        v4 = [{'ip_address': s['address'], 'netmask': '255.255.255.0',
               'gateway': '127.0.0.1', 'type': 'public'}]
        size = s['q']['size']
        return {
            'id': s['id'], 'name': s['name'], 'memory': 1024, 'vcpus': 1,
            'disk': 25, 'locked': False, 'status': 'active' if
            self.there(s) else 'new', 'created_at': '2026-11-27T00:00:00Z',
            'features': [], 'backup_ids': [], 'next_backup_window': None,
            'snapshot_ids': [], 'volume_ids': [], 'image': {},
            'size': {'slug': size, 'memory': 1024, 'vcpus': 1, 'disk': 25,
                     'transfer': 1.0, 'price_monthly': 5.0, 'available':
                     True, 'price_hourly': 0.007, 'regions': [],
                     'description': 'Basic'},
            'size_slug': size, 'networks': {'v4': v4 if self.there(s) else
                                            [], 'v6': []},
            'region': {'name': 'A', 'slug': s['q'].get('region', 'ams3'),
                       'features': [], 'available': True, 'sizes': []},
            'tags': s['tags']}


def a_list(path):
    """Does this ask for all servers of ours, not for one by its name?"""
    return 'label_selector=' in path or 'tag_name=' in path


def violation(answer, text):
    """What Prism found wrong with a request or an answer; '' if nothing."""
    kind = answer.getheader('content-type') or ''
    said = answer.getheader('sl-violations') or ''
    return said or (text.decode('utf-8', 'replace')
                    if 'problem+json' in kind else '')


class Trouble(Served):
    """Between the daemon and a cloud.  Once(matcher, what) is played for
    the next request that fits; `fate` may decide about every other."""

    def __init__(self, place, cloud):
        self.cloud = urllib.parse.urlsplit(cloud.url)
        self.described = described(place, cloud)
        self.lock = threading.Lock()
        self.due = []
        self.fate = None  # (method, path) -> what or None
        self.played = collections.Counter()
        self.violations = []
        self.going = True
        self.old_list = None
        super().__init__(place)

    def once(self, method, what, path='/', times=1):
        with self.lock:
            self.due += [(method, path, what)] * times

    def waiting(self):
        with self.lock:
            return list(self.due)

    def end(self):
        self.going = False
        super().end()

    def _what(self, method, path):
        with self.lock:
            for i, (m, p, what) in enumerate(self.due):
                if m == method and path.startswith(p):
                    del self.due[i]
                    return what
        return self.fate(method, path) if self.fate else None

    def forward(self, method, path, headers, body):
        # Of images the description at hand says nothing for droplets.
        to = (self.cloud if path.startswith('/v2/images/') else
              urllib.parse.urlsplit(self.described))
        c = http.client.HTTPConnection(to.hostname, to.port, timeout=60)
        try:
            c.request(method, path, body or None, {
                k: v for k, v in headers.items()
                if k.lower() in ('authorization', 'content-type', 'accept')})
            r = c.getresponse()
            text = r.read()
            wrong = violation(r, text)
            if wrong:
                self.violations.append((method, path, r.status, wrong))
            return r.status, [(k, v) for k, v in r.getheaders() if k.lower()
                              in ('content-type', 'retry-after')], text
        except (OSError, http.client.HTTPException) as e:
            raise Cut from e
        finally:
            c.close()

    def say(self, method, path, headers, body):
        what = self._what(method, path)
        if what is None:
            answer = self.forward(method, path, headers, body)
            if method == 'GET' and a_list(path) and self.old_list is None:
                self.old_list = answer
            return answer
        self.played[what[0]] += 1
        return getattr(self, 'do_' + what[0])(
            method, path, headers, body, *what[1:])

    def do_cut(self, *q):
        """It happened; nobody hears of it."""
        self.forward(*q)
        raise Cut

    def do_drop(self, *_):
        """It did not happen; nobody hears that either."""
        raise Cut

    def do_say(self, method, path, headers, body, status, code, *more):
        return reply(status, {'error': {'code': code, 'message': code}}, more)

    def do_slow(self, method, path, headers, body, seconds):
        time.sleep(seconds)
        return self.forward(method, path, headers, body)

    def do_hang(self, *_):
        while self.going:
            time.sleep(0.05)
        raise Cut

    def do_html(self, *q):
        """It happened; what comes is another kind of text."""
        self.forward(*q)
        return 200, [('Content-Type', 'text/html')], b'<html>hello</html>'

    def do_fine_error(self, *_):
        return reply(200, {'error': {'code': 'x', 'message': 'x'}})

    def do_half(self, *q):
        status, headers, text = self.forward(*q)
        return status, headers, text[:len(text) // 2]

    def do_stale(self, *q):
        """The list as it was at first."""
        return self.old_list or self.forward(*q)

    def do_empty(self, *_):
        return reply(200, {'servers': [], 'meta': {'pagination': {
            'page': 1, 'per_page': 50, 'last_page': 1, 'previous_page': None,
            'next_page': None, 'total_entries': 0}}})


def described(place, cloud):
    """The address of a cloud behind its own description, where
    PLIMSOLL_PRISM names the program and PLIMSOLL_DESCRIPTION the OpenAPI
    file of this cloud; else the cloud's own."""
    prism = os.environ.get('PLIMSOLL_PRISM')
    path = os.environ.get('PLIMSOLL_DESCRIPTION', '')
    if not prism or os.path.basename(path) != cloud.KIND + '.json':
        return cloud.url
    with open(path, encoding='utf-8') as f:
        spec = json.load(f)
    # Only what is used, so that Prism starts soon; "4xx" is not OpenAPI.
    spec['paths'] = {k: v for k, v in spec['paths'].items() if re.match(
        r'(/servers(/\{id\})?|/images|/v2/account'
        r'|/v2/droplets(/\{droplet_id\})?)\Z', k)}
    text = re.sub(r'"([45])xx"', r'"\1XX"', json.dumps(spec))
    file = os.path.join(place.dir, 'description.json')
    with open(file, 'w', encoding='utf-8') as f:
        f.write(text)
    port = place.port()
    place.start('prism', [prism, 'proxy', '--errors', '-h', place.address,
                          '-p', str(port), file, cloud.url])

    def up():
        with socket.socket() as s:
            return s.connect_ex((place.address, port)) == 0
    wait_for('Prism answers', up, 60)
    # Does it look at all?  This is asked for in no page.
    c = http.client.HTTPConnection(place.address, port, timeout=60)
    c.request('GET', [p for p in spec['paths'] if re.match(
        '/servers|/v2/droplets', p)][0] + '?page=x', headers={
        'Authorization': 'Bearer x'})
    r = c.getresponse()
    lib.expect(violation(r, r.read()), 'Prism checks')
    c.close()
    print('  behind %s' % os.path.basename(path), file=sys.stderr)
    return 'http://%s:%d' % (place.address, port)
