"""Faults put into the program itself: each function that makes pages fails for one approach, or for whatever has it."""

import importlib
import pkgutil
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from itertools import count
from pathlib import Path
from unittest.mock import patch

import nearpass.report
from nearpass.archive.archive import Archive
from nearpass.publish.index import open_index
from nearpass.publish.stage import all_plots, month_of, stage_cycle, stage_live
from nearpass.publish.workspace import Workspace
from nearpass.record.record import CycleRecord
from nearpass.report.catalogue import Catalogue
from records import sample_record
from stub_cycles import new_workspace, quick, stub

PACKAGES = ("nearpass.report.",)
UNTOUCHED = tuple(f"nearpass.report.{name}" for name in ("wording", "page_net", "rendering", "catalogue"))
"""What every page is made with: words, the net itself, templates, look-ups."""


def functions() -> dict[str, Callable[..., object]]:
    """Every function of the modules that make pages, by its name with its module's."""
    for module in pkgutil.walk_packages(nearpass.report.__path__, "nearpass.report."):
        importlib.import_module(module.name)
    found = {}
    for name, module in sorted(sys.modules.items()):
        if name.startswith(PACKAGES) and not name.startswith(UNTOUCHED):
            found |= {
                f"{name}.{key}": value
                for key, value in vars(module).items()
                if isinstance(value, types.FunctionType) and value.__module__ == name and value.__name__ == key
            }
    return found


def has(value: object, event_id: str, depth: int = 2) -> bool:
    """Whether an argument is the approach, or holds it."""
    if isinstance(value, str):
        return value == event_id
    if isinstance(value, Catalogue):
        return has(value.record, event_id, depth)
    if isinstance(value, tuple | list):
        return any(has(item, event_id, depth) for item in value)
    if not is_dataclass(value) or isinstance(value, type):
        return False
    if getattr(value, "event_id", None) == event_id:
        return True
    return depth > 0 and any(has(getattr(value, field.name), event_id, depth - 1) for field in fields(value))


@contextmanager
def replaced(name: str, replacement: Callable[..., object]) -> Iterator[None]:
    """A function of a module exchanged wherever another module has it by name."""
    module, _, key = name.rpartition(".")
    right = getattr(sys.modules[module], key)
    places = [
        found for known, found in sys.modules.items()
        if known.startswith("nearpass") and found is not None and vars(found).get(key) is right
    ]  # fmt: skip
    patches = [patch.object(place, key, replacement) for place in places]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in patches:
            each.stop()


@contextmanager
def broken(name: str, event_id: str) -> Iterator[list[str]]:
    """A function that fails wherever it is given an approach, or what has it; what is yielded fills with its calls."""
    right, hits = functions()[name], []

    def fails(*given: object, **more: object) -> object:
        items = [*given, *more.values()]
        of = [one for one in items if isinstance(getattr(one, "event_id", None), str)]
        if any(has(one, event_id) for one in of or items):  # of one approach, or of everything
            hits.append(name)
            raise KeyError("missing")
        return right(*given, **more)

    with replaced(name, fails):
        yield hits


@dataclass(kw_only=True)
class Staged:
    """A small cycle that can be staged again and again: ``victim`` and ``other`` are two of its approaches."""

    workspace: Workspace
    record: CycleRecord
    victim: str
    other: str
    numbers: Iterator[int]

    def files(self) -> dict[str, str]:
        """Everything that is staged of it, as text by its path."""
        docs = self.workspace.directory / f"staged-{next(self.numbers)}"
        archive = Archive(self.workspace.archive)
        with open_index(self.workspace.index, archive) as index:
            stage_cycle(docs, self.record, all_plots(self.record))
            stage_live(docs, archive, index, self.record, [month_of(self.record.cycle_id)])
        return {path.relative_to(docs).as_posix(): path.read_text() for path in docs.rglob("*") if path.is_file()}

    @cached_property
    def whole(self) -> dict[str, str]:
        """What is staged where nothing fails."""
        return self.files()


def small_record() -> tuple[CycleRecord, str, str]:
    """Some approaches of the sample among a few objects, and the ids of a red one and of another."""
    sample = sample_record()
    red = next(event for event in sample.events if event.level.value == "red")
    other = next(
        event for event in sample.events if {event.primary, event.secondary}.isdisjoint({red.primary, red.secondary})
    )
    members = {red.primary, red.secondary, other.primary, other.secondary}
    events = (red, other)
    ids = {event.event_id for event in events}
    record = replace(
        sample,
        supersedes=None,
        events=events,
        objects=tuple(
            replace(item, orbit=replace(item.orbit, track_km=item.orbit.track_km[:8]) if item.orbit else None)
            for item in sample.objects
            if item.id in members
        ),
        pairs=tuple(
            replace(pair, event_ids=tuple(name for name in pair.event_ids if name in ids))
            for pair in sample.pairs
            if {pair.primary, pair.secondary} <= members
        ),
        crossings=tuple(one for one in sample.crossings if {one.primary, one.secondary} <= members)[:3],
        seasons=tuple(one for one in sample.seasons if {one.primary, one.secondary} <= members),
        solutions=tuple(one for one in sample.solutions if one.object_id in members),
        inputs=tuple(one for one in sample.inputs if one.object_id in members),
    )
    return record, red.event_id, other.event_id


@contextmanager
def staged(directory: Path) -> Iterator[Staged]:
    """The small cycle after another one, archived."""
    workspace = new_workspace(directory)
    archive = Archive(workspace.archive)
    record, victim, other = small_record()
    with quick():
        archive.add(stub("2021-03-01T0000Z"), {})
        record = replace(record, previous_cycle_id=archive.previous_id(record.cycle_id))
        archive.add(record, {})
        yield Staged(workspace=workspace, record=record, victim=victim, other=other, numbers=count())
