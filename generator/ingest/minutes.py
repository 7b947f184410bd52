"""Minutes of a meeting: a form in YAML, each filled line of which becomes a note of its own in ``log/``.

::

    time: 2021-03-17T15:00:00Z
    originator: NASA
    marking: TLP:AMBER
    release: [CNSA]
    parties: [NASA, CNSA]            # who was there
    lines:
    - {event: E7Q2M-4XD8P, kind: claim, party: NASA, object: MRO, burn: 2021-03-19T12:00:00Z, text: as agreed}
    - {event: E7Q2M-4XD8P, kind: decision, text: NASA moves; CNSA flies as it is.}

A line has the keys of a note's front matter and its text; what it leaves out is taken from above the lines. One without
a kind, or with neither party nor text, is no note.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import yaml

from nearpass.errors import InputError
from nearpass.ingest.notes import LARGEST_BYTES, Known, checked_note
from nearpass.record.coordination import STATEMENTS

HEAD: Final = ("time", "originator", "marking", "release")
"""What lines take from above them; who was there goes to those that are not one party's word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A note to be: the name of its file without its ending, and its bytes."""

    stem: str
    data: bytes


def read_minutes(data: bytes, file: str, known: Known, named: Callable[[str], str]) -> tuple[Line, ...]:
    """The notes that a form makes, in the order of its lines.

    Args:
        data: The form.
        file: Its name, for errors.
        known: What notes are read by.
        named: Gives the name that a note has for the event that a line calls so.

    Raises:
        InputError: if the form or any of its lines breaks a rule, with the number of the line's entry.
    """
    form = _parsed(data, file)
    head: dict[str, Any] = {name: form[name] for name in HEAD if name in form}
    present = form.get("parties") or []
    found = []
    for number, plain in enumerate(form["lines"] or [], start=1):
        place = f"{file}, entry {number} of lines"
        if not isinstance(plain, dict):
            raise InputError("a line of the minutes must have keys and values", file=place)
        given = {str(name): value for name, value in plain.items() if value not in (None, "", [])}
        text = str(given.pop("text", ""))
        if "kind" not in given or not (text or given.get("party")):
            continue
        more = {} if given["kind"] in STATEMENTS else {"parties": present}
        event = {"event": named(str(given["event"]))} if "event" in given else {}
        note = _note({**head, **more, **given, **event}, text)
        checked_note(note, None, place, Known(mapped_words=known.mapped_words, parties=known.parties))
        when = _when(given.get("time", head.get("time")))
        words = (given.get("event", "cycle"), given["kind"], given.get("party", ""))
        stem = "-".join([when, "minutes", f"{number:02d}", *filter(None, map(_plain, words))])
        found.append(Line(stem=stem, data=note))
    return tuple(found)


def _parsed(data: bytes, file: str) -> dict[str, Any]:
    if len(data) > LARGEST_BYTES:
        raise InputError(f"minutes must be smaller than {LARGEST_BYTES} bytes", file=file)
    try:
        form = yaml.safe_load(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise InputError("minutes must be UTF-8 text", file=file) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise InputError(f"minutes must be YAML: {' '.join(str(error).split())}", file=file) from None
    if not isinstance(form, dict) or not isinstance(form.get("lines"), list | None):
        raise InputError("minutes must have their lines below the key lines", file=file)
    unknown = sorted(map(str, form.keys() - {*HEAD, "parties", "lines"}))
    if unknown or "lines" not in form:
        rule = f"minutes must have the keys {', '.join((*HEAD, 'parties', 'lines'))} and no others"
        raise InputError(rule, value=", ".join(unknown) or None, file=file)
    return form


def _note(head: dict[str, Any], text: str) -> bytes:
    plain = {name: _instant(value) for name, value in head.items()}
    return f"---\n{yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)}---\n{text}\n".encode()


def _instant(value: object) -> object:
    """A time as the form has it, which YAML may have read already, as text in UTC."""
    if not isinstance(value, datetime):
        return value
    utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return f"{utc.isoformat(timespec='seconds').removesuffix('+00:00')}Z"


def _when(value: object) -> str:
    return re.sub(r"[^0-9T-]", "", str(_instant(value)))[:15].replace("-", "") if value else "undated"


def _plain(word: object) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "-", str(word)).strip("-.")
