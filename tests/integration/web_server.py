#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A real HTTP server with bad habits, for it_web: web_server.py CERT KEY
prints the ports of http and https, and ends with its standard input."""
import http.server
import ssl
import sys
import threading
import time

asked = {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def say(self, status, body, *headers):
        self.send_response(status)
        self.send_header('Content-Length', str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = self.path
        asked[path] = asked.get(path, 0) + 1
        if path == '/hang':
            time.sleep(10)
            self.close_connection = True
        elif path == '/big':
            self.say(200, b'x' * 100000)
        elif path == '/away':
            self.say(302, b'', ('Location', 'http://localhost:%d/hello' %
                                self.server.server_address[1]))
        elif path == '/port':
            self.say(302, b'', ('Location', 'http://127.0.0.1:1/hello'))
        elif path == '/near':
            self.say(302, b'', ('Location', '/hello'))
        elif path == '/round':
            self.say(302, b'', ('Location', '/round'))
        elif path == '/busy':
            self.say(503, b'later', ('Retry-After', '7'))
        elif path == '/cut':
            self.send_response(200)
            self.send_header('Content-Length', '1000')
            self.end_headers()
            self.wfile.write(b'short')
            self.close_connection = True
        elif path.startswith('/count'):
            self.say(200, str(asked.get(path[6:], 0)).encode())
        else:
            self.say(200, b'hello')

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        asked[self.path] = asked.get(self.path, 0) + 1
        if self.path == '/drop':
            self.close_connection = True  # without an answer
            return
        self.say(200, self.headers.get('X-Key', '').encode() + b':' + body)


def serve(cert, key):
    s = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    s.daemon_threads = True
    if cert:
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        c.load_cert_chain(cert, key)
        s.socket = c.wrap_socket(s.socket, server_side=True)
    threading.Thread(target=s.serve_forever, daemon=True).start()
    return s.server_address[1]


print(serve(None, None), serve(sys.argv[1], sys.argv[2]), flush=True)
sys.stdin.read()
