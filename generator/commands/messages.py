"""Commands on conjunction data messages: a partner's beside ours."""

from __future__ import annotations

import json
from pathlib import Path

import click

from generator.astro.epochs import Epoch
from generator.commands.shared import config_option
from generator.config import load_config
from generator.cycle.archive import Archive
from generator.cycle.cdm import Cdm
from generator.cycle.cdm_compare import Difference, compare_cdm
from generator.cycle.cdm_event import event_cdm
from generator.cycle.cdm_read import parse_cdm
from generator.cycle.record import CycleRecord
from generator.errors import ArchiveError, InputError
from generator.publish import Workspace


@click.command()
@click.argument("messages", metavar="CDM...", nargs=-1, required=True, type=click.Path(path_type=Path))
@config_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a message.")
def compare(messages: tuple[Path, ...], config_path: Path, as_json: bool) -> None:
    """Lay a partner's conjunction data messages beside our own events of the newest cycle."""
    load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    archive = Archive(workspace.archive)
    latest = archive.latest_id()
    if latest is None:
        raise ArchiveError("the archive must hold a cycle; make one with nearpass run", file=str(workspace.archive))
    record = archive.load(latest)
    for path in messages:
        theirs = read_message(path)
        event_id, rows = _beside_ours(record, theirs, path)
        if as_json:
            plain = {row.name: [_plain(row.ours), _plain(row.theirs), row.difference, row.unit] for row in rows}
            click.echo(json.dumps({"file": str(path), "event_id": event_id, "cycle_id": latest, "rows": plain}))
        else:
            click.echo(f"{path}: {theirs.header.originator} beside event {event_id} of cycle {latest}")
            click.echo(_table(rows))


def read_message(path: Path) -> Cdm:
    """A message from a file.

    Raises:
        InputError: if it cannot be read or is none.
    """
    try:
        return parse_cdm(path.read_bytes(), str(path))
    except OSError as error:
        raise InputError(f"the message must be readable: {error.strerror}", file=str(path)) from None


def _beside_ours(record: CycleRecord, theirs: Cdm, path: Path) -> tuple[str, tuple[Difference, ...]]:
    """The event of the same two objects nearest in time, and the differences from it."""
    found = []
    for event in record.events:
        try:
            rows = compare_cdm(event_cdm(record, event), theirs)
        except InputError:
            continue  # two other objects
        found.append((abs(event.tca - theirs.relative.tca), event.event_id, rows))
    if not found:
        pair = f"{theirs.object1.name} and {theirs.object2.name}"
        raise InputError(
            f"cycle {record.cycle_id} must hold an event of the same two objects", value=pair, file=str(path)
        )
    _, event_id, rows = min(found, key=lambda one: one[:2])
    return event_id, rows


def _table(rows: tuple[Difference, ...]) -> str:
    lines = [("quantity", "ours", "theirs", "theirs - ours", "unit")]
    lines += [
        (
            row.name,
            _text(row.ours),
            _text(row.theirs),
            "-" if row.difference is None else f"{row.difference:+.6g}",
            row.unit,
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    return "\n".join(
        f"  {line[0]:<{widths[0]}}  {line[1]:>{widths[1]}}  {line[2]:>{widths[2]}}  {line[3]:>{widths[3]}}  {line[4]}"
        for line in lines
    )


def _text(value: float | Epoch | str | None) -> str:
    if value is None:
        return "-"
    return value.iso(digits=6) if isinstance(value, Epoch) else f"{value:.6g}" if isinstance(value, float) else value


def _plain(value: float | Epoch | str | None) -> float | str | None:
    return value.iso(digits=6) if isinstance(value, Epoch) else value
