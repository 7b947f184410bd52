"""Of which objects something is to be proven before a cycle is published."""

from dataclasses import replace
from pathlib import Path

from edition_records import edition, marked_record
from nearpass.disclosure.archived import Flown
from nearpass.publish.protection import _promised, protected_sites
from nearpass.publish.workspace import Workspace
from nearpass.record.marking import Show

PUBLIC = edition({"TIANWEN-1": Show.METRICS}, audience="everybody", protects_km=50.0)


def test_what_a_cycle_has_no_orbit_of_stops_no_edition(tmp_path: Path) -> None:
    """An object told in part is certified where the cycle knows its orbit; without one there is nothing to certify."""
    record = marked_record({})
    lost = tuple(replace(item, coverage=()) if item.id == "TIANWEN-1" else item for item in record.objects)
    sites = [Workspace(directory=tmp_path, edition=PUBLIC)]

    assert "TIANWEN-1" in [item.id for item, _ in _promised(sites, record)]
    without = replace(record, objects=tuple(item for item in lost if item.id == "TIANWEN-1"))
    assert protected_sites(sites, without, Flown(), lambda *_: lambda _: None) == (sites, [])
