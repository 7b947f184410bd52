"""A mail server and a webhook of this machine, which keep what they are sent."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """What the mail server took, as messages."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_DATA(  # noqa: N802 - the server calls it so
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take a message."""
        del server, session
        self.envelopes.append(envelope)
        return "250 taken"

    @property
    def messages(self) -> list[EmailMessage]:
        """Every message in the order of arrival."""
        found = [
            message_from_bytes(bytes(one.original_content or b""), policy=policy.default) for one in self.envelopes
        ]
        assert all(isinstance(one, EmailMessage) for one in found)
        return [one for one in found if isinstance(one, EmailMessage)]

    @property
    def subjects(self) -> list[str]:
        return [str(one["Subject"]) for one in self.messages]


@dataclass
class Hook:
    """What was posted to the webhook, as JSON; ``answers`` are the status codes to come, 200 after them."""

    port: int = 0
    posts: list[dict[str, object]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    at_post: Callable[[], None] = lambda: None

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.port}/hook/a-secret-token"

    @property
    def titles(self) -> list[str]:
        return [str(post["title"]) for post in self.posts]


@contextmanager
def hooking() -> Iterator[Hook]:
    """A webhook on a free port of this machine."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            hook.at_post()
            self.send_response(hook.answers.pop(0) if hook.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the base class
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        hook.port = server.server_port
        try:
            yield hook
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def mailing() -> Iterator[tuple[Mailbox, str]]:
    """A mail server on a free port of this machine, and the address by which it is told."""
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]  # the controller asks the port that it is given, so it cannot be given none
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, f"mailto://127.0.0.1:{port}/?mode=insecure&from=nearpass@example.org&to=ops@example.org"
    finally:
        controller.stop()
