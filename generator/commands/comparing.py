"""The command that lays partners' messages beside our own events of an archived cycle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from nearpass.archive.archive import Archive
from nearpass.astro.epochs import Epoch
from nearpass.commands.messages import content_of
from nearpass.commands.receiving import keep_message
from nearpass.commands.shared import config_option
from nearpass.config import load_config
from nearpass.config.editions import AboutTable
from nearpass.cycle.cdm_compare import Difference, compare_cdm, compare_summary, judgement
from nearpass.cycle.received import Ours, message_record
from nearpass.cycle.rescreen import reread
from nearpass.errors import InputError
from nearpass.ingest.received import Received, header_of, is_motion, parsed
from nearpass.messages.cdm import Cdm
from nearpass.messages.cdm_public import CdmSummary, parse_cdms
from nearpass.publish import Workspace
from nearpass.record.history import gate_s
from nearpass.record.record import CycleRecord
from nearpass.report.cdm_event import event_cdm
from nearpass.report.partner_views import beside, by_what, judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What a message says of an event of ours, difference by difference."""

    originator: str
    message_id: str
    summary: bool
    event_id: str
    rows: tuple[Difference, ...]

    @property
    def sentence(self) -> str:
        """Whether it agrees with us."""
        return judged(self.originator[:1].upper() + self.originator[1:], judgement(self.rows), self.rows)


@click.command()
@click.argument("messages", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a message and event.")
@click.option("--keep", is_flag=True, help="Take each into messages/ as nearpass receive does, for the next cycle.")
def compare(messages: tuple[Path, ...], config_path: Path, *, as_json: bool, keep: bool) -> None:
    """Lay partners' CDM, OPM, OCM and OEM beside our own events of the newest cycle.

    A motion of one of our objects is held against every event of it, the other object flying as we have it.
    """
    config, _ = load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    archive = Archive(workspace.archive)
    latest = archive.newest_id()
    record = archive.load(latest)
    for path in messages:
        data = content_of(path)
        found = (
            _of_motion(path, data, archive, record, workspace)
            if is_motion(data, str(path))
            else _of_messages(path, data, record)
        )
        for one in found:
            _print(one, path, latest, as_json=as_json)
        if keep:
            about = AboutTable(marking="TLP:RED")
            click.echo(f"kept as {keep_message(path, about, config, config_path.parent)}", err=True)


def _print(found: Beside, path: Path, cycle_id: str, *, as_json: bool) -> None:
    if as_json:
        plain = {
            row.name: [_plain(row.ours), _plain(row.theirs), row.difference, row.unit, row.sigmas] for row in found.rows
        }
        click.echo(json.dumps({
            "file": str(path), "message_id": found.message_id, "summary": found.summary, "event_id": found.event_id,
            "cycle_id": cycle_id, "judgement": found.sentence, "rows": plain,
        }))  # fmt: skip
        return
    click.echo(f"{path}: {found.originator}, {found.message_id}, beside event {found.event_id} of cycle {cycle_id}")
    click.echo(_table(found.rows))
    click.echo(f"  {found.sentence}")


def _of_messages(path: Path, data: bytes, record: CycleRecord) -> Iterator[Beside]:
    """Conjunction data messages, whole or as summaries, each beside our event of the same pair.

    Raises:
        InputError: if none of them is of an event of ours.
    """
    held, fault, count = parse_cdms(data, str(path)), None, 0
    for theirs in held:
        try:
            event_id, rows = _beside_ours(record, theirs, path)
        except InputError as error:  # of a list of others' messages most concern others
            fault = fault or error
            continue
        count += 1
        summary = isinstance(theirs, CdmSummary)
        yield Beside(
            originator="a public summary" if isinstance(theirs, CdmSummary) else theirs.header.originator,
            message_id=theirs.message_id if isinstance(theirs, CdmSummary) else theirs.header.message_id,
            summary=summary, event_id=event_id, rows=rows,
        )  # fmt: skip
    if fault is not None and not count:
        raise fault
    if count < len(held):
        click.echo(
            f"{path}: {len(held) - count} of {len(held)} messages are of no event of cycle {record.cycle_id}", err=True
        )


def _of_motion(
    path: Path, data: bytes, archive: Archive, record: CycleRecord, workspace: Workspace
) -> Iterator[Beside]:
    """An ephemeris, or one state that is carried on, beside every event of its object.

    Raises:
        InputError: if it is not of an object of ours, or of one that has no event in the time that it covers.
    """
    kind, content = parsed(data, str(path))
    originator, _ = header_of(content)
    config, setting, ingested = reread(archive, record, workspace.directory)
    received = Received(
        path=path, file=str(path), data=data, originator=originator, marking=None, event=None, kind=kind,
        content=content, refusal=None,
    )  # fmt: skip
    trajectories = {one.object_id: one.trajectory for one in ingested if one.trajectory is not None}
    ours = Ours(record=record, config=config, setting=setting, trajectories=trajectories, previous=None)
    told = message_record(received, ours)
    if told.refusal is not None:
        raise InputError(told.refusal)
    if not told.approaches:
        rule = f"cycle {record.cycle_id} must hold an event of its object in the time that the message covers"
        raise InputError(rule, value=told.object_ids[0] if told.object_ids else None, file=str(path))
    events = {event.event_id: event for event in record.events}
    for approach in told.approaches:
        event = events[approach.event_id or ""]
        yield Beside(
            originator=originator, message_id=by_what(told, approach), summary=False, event_id=event.event_id,
            rows=beside(approach, event, record),
        )  # fmt: skip


def _beside_ours(record: CycleRecord, theirs: Cdm | CdmSummary, path: Path) -> tuple[str, tuple[Difference, ...]]:
    """The event of the same two objects nearest in time, and the differences from it."""
    tca = theirs.tca if isinstance(theirs, CdmSummary) else theirs.relative.tca
    numbers = {item.id: item.catalogue_number for item in record.objects}
    found = []
    for event in record.events:
        try:
            ours = event_cdm(record, event)
            if isinstance(theirs, CdmSummary):
                rows = compare_summary(ours, theirs, (numbers.get(event.primary), numbers.get(event.secondary)))
            else:
                rows = compare_cdm(ours, theirs)
        except InputError:
            continue  # two other objects
        found.append((abs(event.tca - tca), event.event_id, rows))
    if not found:
        pair = " and ".join(one.name for one in theirs.objects)
        raise InputError(
            f"cycle {record.cycle_id} must hold an event of the same two objects", value=pair, file=str(path)
        )
    apart_s, event_id, rows = min(found, key=lambda one: one[:2])
    event = next(event for event in record.events if event.event_id == event_id)
    if apart_s > gate_s((event.primary, event.secondary), record.periods_s):
        rule = f"cycle {record.cycle_id} must hold an event within half a period of the message's TCA"
        raise InputError(rule, value=f"{event_id}, {apart_s:.0f} s away", file=str(path))
    return event_id, rows


def _table(rows: tuple[Difference, ...]) -> str:
    lines = [("quantity", "ours", "theirs", "theirs - ours", "unit", "sigmas")]
    lines += [
        (
            row.name,
            _text(row.ours),
            _text(row.theirs),
            "-" if row.difference is None else f"{row.difference:+.6g}",
            row.unit,
            "-" if row.sigmas is None else f"{row.sigmas:.1f}",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    return "\n".join(
        f"  {line[0]:<{widths[0]}}  {line[1]:>{widths[1]}}  {line[2]:>{widths[2]}}  {line[3]:>{widths[3]}}  "
        f"{line[4]:<{widths[4]}}  {line[5]:>{widths[5]}}"
        for line in lines
    )


def _text(value: float | Epoch | str | None) -> str:
    if value is None:
        return "-"
    return value.iso(digits=6) if isinstance(value, Epoch) else f"{value:.6g}" if isinstance(value, float) else value


def _plain(value: float | Epoch | str | None) -> float | str | None:
    return value.iso(digits=6) if isinstance(value, Epoch) else value
