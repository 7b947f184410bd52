"""What was told to whom: ``notified.jsonl`` in the workspace, one line before each message and one after it.

The line before is on the disk before a channel is asked, so that a message whose sending was cut off is never sent
again: of each alarm a channel gets at most one message. One that the channel refused is tried again by the next run.
Lines are only ever added; one that was cut off counts for nothing, as nothing was sent before it was whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from nearpass.archive.durable import PRIVATE_FILE, sync_folder
from nearpass.astro.epochs import Epoch
from nearpass.errors import TimeError

FILE_NAME: Final = "notified.jsonl"
State = Literal["begun", "sent", "failed", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """That a message of these alarms, by their keys, was begun, sent, refused or lost, ``at`` when.

    ``notify`` is the id of the table of the configuration and ``channel`` the name of the channel in it. Lost is a
    message of which nobody knows whether it arrived.
    """

    at: Epoch
    state: State
    notify: str
    channel: str
    keys: tuple[str, ...]


class Kept:
    """The file; nobody else may be writing to it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        whole = self._path.read_bytes() if self._path.exists() else b""
        self._torn = bool(whole) and not whole.endswith(b"\n")
        self.lines = [line for text in whole.splitlines() if (line := _parsed(text)) is not None]

    def add(self, line: Line) -> None:
        """Add a line; it is on the disk afterwards."""
        text = json.dumps({
            "at_utc": f"{line.at.iso(digits=3)}Z", "state": line.state, "notify": line.notify,
            "channel": line.channel, "keys": list(line.keys),
        })  # fmt: skip
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
        with os.fdopen(descriptor, "ab") as file:
            file.write((b"\n" if self._torn else b"") + text.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self._path.parent)
        self._torn = False
        self.lines.append(line)

    def told(self, notify: str, channel: str) -> dict[str, State]:
        """How it ended with each alarm that a channel was asked to carry."""
        return {key: line.state for line in self._of(notify) if line.channel == channel for key in line.keys}

    def since(self, notify: str, subject: str, after: Epoch | None) -> Epoch | None:
        """When a subject was first told of on any channel, after an instant; None where it was not."""
        found = (
            line.at
            for line in self._of(notify)
            if (after is None or line.at > after) and any(key.split(":", 2)[1] == subject for key in line.keys)
        )
        return min(found, default=None)

    def last(self, notify: str, channel: str) -> Epoch | None:
        """When a channel last carried a message, or may have."""
        found = (line.at for line in self._of(notify) if line.channel == channel and line.state != "failed")
        return max(found, default=None)

    def cut_off(self) -> list[Line]:
        """Messages that were begun and of which nothing more is known."""
        open_: dict[tuple[str, str, tuple[str, ...]], Line] = {}
        for line in self.lines:
            name = (line.notify, line.channel, line.keys)
            if line.state == "begun":
                open_[name] = line
            else:
                open_.pop(name, None)
        return list(open_.values())

    def _of(self, notify: str) -> Iterable[Line]:
        return (line for line in self.lines if line.notify == notify)


def _parsed(text: bytes) -> Line | None:
    try:
        plain = json.loads(text)
        state = plain["state"]
        if state not in get_args(State):
            return None
        return Line(
            at=Epoch.parse(str(plain["at_utc"])), state=state, notify=str(plain["notify"]),
            channel=str(plain["channel"]), keys=tuple(map(str, plain["keys"])),
        )  # fmt: skip
    except (ValueError, TypeError, KeyError, TimeError):
        return None
