"""Receipts in the workspace: a folder for each originator, each receipt as text and JSON, its owner's alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from nearpass.archive.durable import make_folder, replace_durably
from nearpass.publish.workspace import Workspace
from nearpass.record.record import CycleRecord
from nearpass.report.receipts import Receipt, receipts

FOLDER: Final = "receipts"


def write_receipts(workspace: Workspace, found: Iterable[Receipt]) -> Iterator[Path]:
    """Write receipts in place of those that have the same name; gives each one's path without its ending."""
    folder = workspace.directory / FOLDER
    make_folder(folder, private=True)
    for one in found:
        for ending, text in ((".json", one.json_text), (".txt", one.text)):
            replace_durably(folder / f"{one.stem}{ending}", text.encode(), staging=folder, private=True)
        yield folder / one.stem


def acknowledge(workspace: Workspace, record: CycleRecord) -> None:
    """Write a receipt for each delivery of a cycle that has none yet, from this cycle or an earlier one.

    Args:
        workspace: Where.
        record: The archived cycle, in full.
    """
    folder = workspace.directory / FOLDER
    new = [one for one in receipts(record) if not any((folder / one.stem).parent.glob(f"*{one.of}.json"))]
    list(write_receipts(workspace, new))
