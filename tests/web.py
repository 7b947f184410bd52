"""A web server on this machine that does what a test tells it to: well, slowly, halfway, or not at all."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from nearpass.astro.epochs import Epoch
from nearpass.retrieve import Outside

Reply = Callable[[BaseHTTPRequestHandler], None]
NOW = Epoch.parse("2026-11-25T12:00:30")


@dataclass
class Web:
    """What the server says: ``replies`` one after the other, then ``always``; ``requests`` are paths and headers."""

    host: str
    always: Reply
    replies: list[Reply] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{self.host}"


@dataclass
class Waiting:
    """A world whose clock moves only by waiting, and which remembers how long it waited."""

    now: Epoch = NOW
    waits_s: list[float] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    def sleep(self, seconds: float) -> None:
        self.waits_s.append(seconds)
        self.now = self.now + seconds

    def outside(self) -> Outside:
        return Outside(instant=lambda: self.now, sleep=self.sleep, environment=self.environment)


@contextmanager
def serving(always: Reply | None = None) -> Iterator[Web]:
    """A server on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            web.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            reply = web.replies.pop(0) if web.replies else web.always
            try:
                reply(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def date_time_string(self, timestamp: float | None = None) -> str:
            return formatdate(timestamp if timestamp is not None else NOW.datetime_utc().timestamp(), usegmt=True)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the base class
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up, or will not wait, is what some tests are about."""

    with Server(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        web = Web(host=f"127.0.0.1:{server.server_port}", always=always or status(404))
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield web
        finally:
            server.shutdown()
            thread.join()


def content(body: bytes, kind: str = "text/plain", **headers: str) -> Reply:
    """A whole answer; header names with underscores for hyphens."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def status(code: int, body: bytes = b"", **headers: str) -> Reply:
    """An answer with another status than 200."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        if code != 304:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def cut_off(body: bytes, at: int) -> Reply:
    """The beginning of an answer that was announced whole."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[:at])
        handler.close_connection = True

    return reply


def silent(seconds: float) -> Reply:
    """No word for some time."""
    return lambda _: time.sleep(seconds)


def dripping(piece: bytes, pause_s: float, count: int, *, head_too: bool = False) -> Reply:
    """A long answer, piece by piece; with ``head_too`` its head comes so as well."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        for letter in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * count if head_too else b"":
            handler.wfile.write(bytes([letter]))
            handler.wfile.flush()
            time.sleep(pause_s)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(piece) * count))
        handler.end_headers()
        for _ in range(count):
            handler.wfile.write(piece)
            handler.wfile.flush()
            time.sleep(pause_s)

    return reply


def inflating(megabytes: int) -> Reply:
    """A small answer that becomes large when it is unpacked."""
    return content(gzip.compress(b"\0" * (megabytes << 20)), Content_Encoding="gzip")
