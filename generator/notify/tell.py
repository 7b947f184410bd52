"""Telling everybody of what is due: from the record of their edition, after the search of that edition for leaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from nearpass import status
from nearpass.archive.archive import Archive
from nearpass.astro.epochs import Epoch
from nearpass.config import Config
from nearpass.config.notify import NotifyTable
from nearpass.errors import ConfigError, NearpassError, understood
from nearpass.ingest.notes import Known, on_events, read_notes
from nearpass.notify.channels import Carry, Outcome
from nearpass.notify.due import Parcel, due, parcels_of
from nearpass.notify.kept import Kept, Line
from nearpass.publish.leak import text_search
from nearpass.publish.site import newest_published, unpublished
from nearpass.publish.workspace import Workspace, editions_of
from nearpass.record.alarms import Alarm
from nearpass.record.record import CycleRecord
from nearpass.release.reduction import reduced
from nearpass.report.alarm_text import Letter, failure_letter, letter
from nearpass.report.silence import meaningful

STOPPED = 7
"""Exit code of a run that did not publish an edition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of one message; ``due`` where none was to be sent, ``why`` where it was not sent.

    ``letter`` is None where there is no text of it any more, or never was.
    """

    notify: str
    channel: str
    outcome: Outcome | Literal["due"]
    letter: Letter | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What telling needs of the world: ``at`` is now, ``address_of`` gives the address that a channel names.

    ``carry`` sends; None sends nothing and keeps nothing, and gives what is due.
    """

    workspace: Workspace
    config: Config
    at: Epoch
    address_of: Callable[[str], str]
    carry: Carry | None

    def tell(self) -> Iterator[Told]:
        """Send whatever is due, one message after the other; no fault of one keeps back another.

        Nobody else may be telling meanwhile.
        """
        kept = Kept(self.workspace.directory)
        for line in kept.cut_off() if self.carry else []:
            kept.add(replace(line, at=self.at, state="lost"))
            yield Told(
                notify=line.notify, channel=line.channel, outcome="lost",
                why="its sending was cut off: it may have arrived, and is not sent again",
            )  # fmt: skip
        for table in self.config.notify:
            try:
                yield from self._of_table(table, kept)
            except Exception as error:  # noqa: BLE001  # whatever the fault: the next one must still be told
                yield Told(notify=table.id, channel="", outcome="failed", why=str(understood(error)))

    def _of_table(self, table: NotifyTable, kept: Kept) -> Iterator[Told]:
        site = next(
            site for site in editions_of(self.workspace, self.config)
            if table.edition is None or (site.edition is not None and site.edition.id == table.edition)
        )  # fmt: skip
        newest = newest_published(site)
        full = self._with_later_notes(Archive(self.workspace.archive).load(newest)) if newest else None
        shown = full if full is None or site.edition is None else reduced(full, site.edition)
        shown = shown and meaningful(shown)
        if "failed" in table.kinds and (failure := self._failure(site)) is not None:
            alarm, text = failure[0], failure_letter(shown, self.config.site.title, *failure[1:])
            for parcel in parcels_of(table, alarm, kept):
                yield self._send(parcel, text, kept)
        if full is None or shown is None:
            return
        parcels = due(table, shown, full.notes, self.config.known_parties, kept, self.at)
        search = text_search(site, full) if parcels else None
        for parcel in parcels:
            text = letter(parcel.alarms, shown, self.at)
            try:
                if search is not None:
                    search("message", f"{text.title}\n{text.body}")
            except NearpassError as error:
                yield Told(notify=parcel.notify, channel=parcel.channel, outcome="failed", why=str(error))
                continue
            yield self._send(parcel, text, kept)

    def _with_later_notes(self, full: CycleRecord) -> CycleRecord:
        """The record with what was noted since its data cut-off, under the markings that the notes have."""
        read = read_notes(self.workspace.directory, self.at, Known.of(self.config))
        later = tuple(note for note in read if note.time is not None and note.time > full.window.start)
        return replace(full, notes=(*full.notes, *on_events(later, full)))

    def _failure(self, site: Workspace) -> tuple[Alarm, str, int, str | None] | None:
        """That the last run failed or left out this edition: once for each cycle since which it is so."""
        last = status.read(self.workspace.status)
        at_utc = str(last.get("at_utc"))
        missing = unpublished(site) if self.workspace.archive.exists() else []
        if missing:
            return Alarm(kind="failed", subject="run", mark=missing[0]), at_utc, STOPPED, missing[-1]
        if last.get("state") != "failed":
            return None
        code, good = int(last.get("exit_code") or 1), (last.get("last_good_cycle") or {}).get("cycle_id")
        return Alarm(kind="failed", subject="run", mark=f"{code}-{good}"), at_utc, code, None

    def _send(self, parcel: Parcel, text: Letter, kept: Kept) -> Told:
        """Send one message, with its lines before and after."""
        told = Told(notify=parcel.notify, channel=parcel.channel, outcome="due", letter=text)
        if self.carry is None:
            return told
        try:
            address = self.address_of(parcel.channel)
        except NearpassError as error:
            return replace(told, outcome="failed", why=str(error))
        line = Line(at=self.at, state="begun", notify=parcel.notify, channel=parcel.channel, keys=parcel.keys)
        kept.add(line)
        why = ""
        try:
            outcome = self.carry(address, text)
            if outcome != "sent":
                why = _REFUSED if outcome == "failed" else _UNKNOWN
        except ConfigError as error:
            outcome, why = "failed", str(error)
        except Exception as error:  # noqa: BLE001  # a library of many channels may fail in any way, and name an address
            outcome, why = "lost", f"{_UNKNOWN} ({type(error).__name__})"
        kept.add(replace(line, state=outcome))
        return replace(told, outcome=outcome, why=why)


_REFUSED = "the channel refused it; the next run tries again"
_UNKNOWN = "the channel did not say whether it took it: it may have arrived, and is not sent again"
