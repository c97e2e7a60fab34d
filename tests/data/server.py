"""A small web server on the local host that can misbehave in the ways real ones do."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server:
    """Serves `files` {name: bytes}. Its switches choose what goes wrong."""

    def __init__(self):
        self.files = {}
        self.requests = []          # (path, value of the Range header or None)
        self.ranges = True          # False: answers every request with the whole file
        self.wrong_range = False    # sends another range than was asked for
        self.cut_after = []         # for the next requests: bytes after which the line goes dead
        self.statuses = []          # for the next requests: a status instead of the file
        self.endless = False        # goes on sending after the file's end
        self.url = ""


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        """Keep the output of the tests clean."""

    def do_GET(self):
        state = self.server.state
        wanted = self.headers.get("Range")
        state.requests.append((self.path, wanted))
        content = state.files.get(self.path.lstrip("/"))
        if state.statuses:
            self.send_error(state.statuses.pop(0))
        elif content is None:
            self.send_error(404)
        else:
            self.answer(state, content, wanted if state.ranges else None)

    def answer(self, state, content, wanted):
        start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted else 0
        if start >= len(content):
            self.send_error(416)
            return
        start = 0 if state.wrong_range else start
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if not state.endless:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.send_body(state, content[start:])

    def send_body(self, state, body):
        cut = state.cut_after.pop(0) if state.cut_after else None
        try:
            self.wfile.write(body[:cut])
            while state.endless:
                self.wfile.write(bytes(1 << 16))
        except ConnectionError:
            state.endless = False   # the reader has seen enough
        self.close_connection = True


@contextmanager
def serving():
    """A running server; its address is in `url`, with a slash at the end."""
    state = Server()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.state = state
    state.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
