"""The pages of a cycle made one by one: one that fails is replaced by a page that says why, and the others appear.

A page that tells of many things is made without those that it fails on, and names them (:func:`around`).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from html import escape
from typing import Any, Final

from icalendar import Calendar

from nearpass.errors import PAGES, NearpassError, OwnFault, PublicationError, understood
from nearpass.record.loss_record import LossRecord, Stage
from nearpass.record.record import CycleRecord
from nearpass.report.catalogue import Links
from nearpass.report.rendering import meta_of, render_page

SCHEMA: Final = 1
_STAGES: Final[dict[str, Stage]] = {
    "pairs": "screening",
    "events": "encounter",
    "told": "encounter",
    "told_ended": "changes",
    "changes": "changes",
    "crossings": "crossings",
    "seasons": "season",
    "solutions": "solution",
    "notes": "shown",
    "messages": "shown",
    "exchanges": "shown",
    "desk": "deliveries",
    "inputs": "shown",
}
"""The parts of a record that a page can do without, in the order in which they are put back, and what each is."""


class Pages:
    """Texts of the pages, CSV and JSON files by their path, each made by itself."""

    def __init__(self, record: CycleRecord) -> None:
        self._record = record
        self.texts: dict[str, str] = {}

    def put(self, name: str, links: Links, make: Callable[[], str]) -> None:
        """Make a file, or what says why it is not there.

        Args:
            name: Its path.
            links: Links as seen from it.
            make: Makes it.
        """
        self.put_all((name,), links, lambda: {name: make()})

    def put_all(self, names: tuple[str, ...], links: Links, make: Callable[[], dict[str, str]]) -> None:
        """Make several files that come together, as :meth:`put`."""
        try:
            self.texts |= make()
        except Exception as error:  # noqa: BLE001  # whatever a page comes to grief on, it is this page alone
            reason = str(lost(names[0], error))
            self.texts |= {name: self._instead(name, links, reason) for name in names}

    def _instead(self, name: str, links: Links, reason: str) -> str:
        if name.endswith(".json"):
            return json.dumps({"schema": SCHEMA, "cycle_id": self._record.cycle_id, "error": reason}, indent=1) + "\n"
        if not name.endswith(".md"):
            return _file_instead(name, " ".join(f"This file could not be made: {reason}".split()))
        title = "This page could not be made"
        meta = meta_of(self._record, title, reason, "lost", ((title, None),))
        return render_page("lost.md.j2", meta, links, name=name.removesuffix(".md"), reason=reason)


def _file_instead(name: str, words: str) -> str:
    """What stands in the place of a file: one line of words, in the notation that its readers expect."""
    if name.endswith(".ics"):
        calendar = Calendar()
        for key, value in (("prodid", "-//nearpass//EN"), ("version", "2.0"), ("x-wr-caldesc", words)):
            calendar.add(key, value)
        return str(calendar.to_ical().decode("utf-8"))
    if name.endswith(".xml"):
        return f'<?xml version="1.0" encoding="utf-8"?>\n<error>{escape(words)}</error>\n'
    return f"// {words}\n" if name.endswith(".js") else f"{words}\n"


def lost(name: str, error: Exception) -> NearpassError:
    """The error for people; a fault of our own is in the log of faults then, any other is told of the page."""
    found = understood(error)
    if not isinstance(found, OwnFault):
        logging.getLogger(PAGES).warning("%s: %s", name, found)
    return found


def must_be_made(name: str, make: Callable[[], str]) -> str:
    """A page without which there is no site.

    Raises:
        PublicationError: if it cannot be made; the last good site stays.
    """
    try:
        return make()
    except Exception as error:  # noqa: BLE001  # of whatever kind: the publisher must learn which page it is
        raise PublicationError(f"the page must be made: {understood(error)}", file=name) from None


def around(name: str, record: CycleRecord, make: Callable[[CycleRecord], str]) -> str:
    """A page that tells of many things, without those that it cannot be made with, which it then names as lost.

    Args:
        name: Its path.
        record: What it tells of.
        make: Makes it of a record.

    Raises:
        Exception: where it cannot be made even without any of them.
    """
    try:
        return make(record)
    except Exception as error:  # found again below, item by item
        bare: dict[str, Any] = dict.fromkeys(_STAGES, ())
        kept = replace(record, **bare)
        if not _is_made(make, kept):
            raise error from None
    losses: list[LossRecord] = []
    for part, stage in _STAGES.items():
        good, bad = _told_apart(getattr(record, part), partial(_made_with, make, kept, part))
        kept = _with(kept, part, good)
        losses += [_lost(stage, item, lost(name, error)) for item, error in bad]
    return make(replace(kept, losses=(*kept.losses, *losses)))


def _made_with(make: Callable[[CycleRecord], str], record: CycleRecord, part: str, items: Sequence[Any]) -> str:
    return make(_with(record, part, items))


def _with(record: CycleRecord, part: str, items: Sequence[Any]) -> CycleRecord:
    changed: dict[str, Any] = {part: tuple(items)}
    return replace(record, **changed)


def _is_made(make: Callable[[CycleRecord], str], record: CycleRecord) -> bool:
    try:
        make(record)
    except Exception:  # noqa: BLE001  # whatever it is
        return False
    return True


def _told_apart(
    items: Sequence[Any], make: Callable[[Sequence[Any]], str]
) -> tuple[list[Any], list[tuple[Any, Exception]]]:
    """Those that something can be made with, and those that it fails on, by halving: few are at fault."""
    if not items:
        return [], []
    try:
        make(items)
    except Exception as error:  # noqa: BLE001  # whatever it is
        if len(items) == 1:
            return [], [(items[0], error)]
        half = len(items) // 2
        first, second = _told_apart(items[:half], make), _told_apart(items[half:], make)
        return first[0] + second[0], first[1] + second[1]
    return list(items), []


def _lost(stage: Stage, item: Any, error: NearpassError) -> LossRecord:
    """What a page had to leave out; its names are as far as they are known."""
    of = [getattr(item, field, None) for field in ("primary", "secondary", "object_id")]
    title = next((str(getattr(item, field)) for field in ("file", "path", "exchange_id") if hasattr(item, field)), None)
    tca, miss_km = (getattr(item, field, None) for field in ("tca", "miss_km"))
    exact = stage == "encounter" and isinstance(miss_km, float)
    return LossRecord(
        stage=stage,
        object_ids=tuple(one for one in (*of, title) if isinstance(one, str)),
        tca=tca if exact else None,
        miss_km=miss_km if exact else None,
        rule=error.rule,
        value=None if error.value is None else str(error.value),
        ours=isinstance(error, OwnFault),
    )
