"""Who owes which delivery when: in time, late, overdue, by calendar arithmetic that is written out here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from exchange_records import day
from nearpass.astro.epochs import Epoch
from nearpass.config import load_config
from nearpass.cycle.desk import Arrival, desk, judged
from nearpass.record.desk_record import DueRecord
from nearpass.record.object_record import EndingRecord
from nearpass.report.desk_views import desk_table, overdue_line
from records import sample_record

ROW = DueRecord(
    object_id="MRO", source="ephemerides/mro_*.oem", originator="JPL", role="nominal", marking=None, every_h=168.0,
    due=None, next_due=day("2021-03-24T12:00:00"), state="in time", late_s=None, file="mro_1.oem", sha256="a",
    created=day("2021-03-17T12:00:00"), missed=None, here="2021-03-17T1200Z", refused=None, doubtful=False,
)  # fmt: skip
"""Made on 17 March at noon, owed weekly: the next one is due on 24 March at noon."""


def came(created: str, *, missed: str | None = None, sha256: str = "b") -> Arrival:
    """A delivery made at an instant, which a cycle did not have yet."""
    return Arrival(sha256=sha256, created=Epoch.parse(created), missed=missed, here="2021-03-30T0000Z")


MISSED = came("2021-03-24T11:00:00", missed="2021-03-24T1300Z")


@pytest.mark.parametrize(
    ("arrival", "cutoff", "state", "due", "late_h"),
    [
        (came("2021-03-17T12:00:00", sha256="a"), "2021-03-24T11:00:00", "in time", None, None),
        (came("2021-03-17T12:00:00", sha256="a"), "2021-03-24T15:00:00", "overdue", "2021-03-24T12:00:00", 3.0),
        (came("2021-03-24T11:00:00"), "2021-03-24T15:00:00", "in time", "2021-03-24T12:00:00", None),
        (came("2021-03-24T14:00:00"), "2021-03-24T15:00:00", "late", "2021-03-24T12:00:00", 2.0),
        (MISSED, "2021-03-24T15:00:00", "late", "2021-03-24T12:00:00", 1.0),
        (None, "2021-03-24T15:00:00", "awaited", None, None),
    ],
)  # fmt: skip
def test_each_delivery_is_due_so_many_hours_after_the_one_before_it(
    arrival: Arrival | None, cutoff: str, state: str, due: str | None, late_h: float | None
) -> None:
    """Weekly after 17 March noon; one that a cycle at 13:00 did not have came an hour late, whenever it was made."""
    found = judged(168.0, None, arrival, ROW, Epoch.parse(cutoff))

    assert found.state == state
    assert found.due == (Epoch.parse(due) if due else None)
    assert found.late_s == (None if late_h is None else late_h * 3600.0)


@pytest.mark.parametrize(
    ("created", "cutoff", "state", "due", "next_due", "late_h"),
    [
        ("2021-03-16T00:00:00", "2021-03-16T12:00:00", "in time", None, "2021-03-17T12:00:00", None),
        ("2021-03-17T11:00:00", "2021-03-24T11:00:00", "in time", "2021-03-17T12:00:00", "2021-03-24T12:00:00", None),
        ("2021-03-17T11:00:00", "2021-03-24T12:00:00", "overdue", "2021-03-24T12:00:00", "2021-03-31T12:00:00", 0.0),
        ("2021-03-17T12:00:00", "2021-03-25T12:00:00", "overdue", "2021-03-24T12:00:00", "2021-03-31T12:00:00", 24.0),
        ("2021-03-17T12:00:01", "2021-03-25T12:00:00", "in time", "2021-03-24T12:00:00", "2021-03-31T12:00:00", None),
        ("2021-03-25T00:00:00", "2021-03-25T12:00:00", "late", "2021-03-24T12:00:00", "2021-03-31T12:00:00", 12.0),
    ],
)
def test_a_weekly_delivery_by_the_clock_is_met_by_one_of_its_week(
    created: str, cutoff: str, state: str, due: str | None, next_due: str, late_h: float | None
) -> None:
    """Each Wednesday noon from 17 March 2021 on; one made a week before or earlier was for the Wednesday before."""
    found = judged(168.0, Epoch.parse("2021-03-17T12:00:00"), came(created), None, Epoch.parse(cutoff))

    assert (found.state, found.next_due) == (state, Epoch.parse(next_due))
    assert found.due == (Epoch.parse(due) if due else None)
    assert found.late_s == (None if late_h is None else late_h * 3600.0)


@pytest.mark.parametrize(
    ("created", "since", "late_h"),
    [
        ("2021-03-17T11:00:00", "2021-03-24T12:00:00", 15 * 24.0),
        ("2021-03-10T11:00:00", "2021-03-17T12:00:00", 22 * 24.0),
        ("2021-02-01T00:00:00", "2021-03-17T12:00:00", 22 * 24.0),
        (None, "2021-03-17T12:00:00", 22 * 24.0),
    ],
)
def test_of_several_that_were_missed_the_first_counts(created: str | None, since: str, late_h: float) -> None:
    """Wednesdays from 17 March on, looked at on 8 April at noon: overdue since the first that nothing was made for."""
    arrival = came(created) if created is not None else None
    found = judged(168.0, Epoch.parse("2021-03-17T12:00:00"), arrival, None, Epoch.parse("2021-04-08T12:00:00"))

    assert (found.state, found.due, found.late_s) == ("overdue", Epoch.parse(since), late_h * 3600.0)
    assert found.next_due == Epoch.parse("2021-04-14T12:00:00")


def test_after_the_cut_off_what_comes_due_is_overdue_too() -> None:
    """In time at its cut-off and due at noon: from noon on it is overdue, since then; and without a schedule never."""
    noon = Epoch.parse("2021-03-24T12:00:00")
    late = replace(ROW, state="overdue", due=day("2021-03-20T12:00:00"), next_due=None)

    assert ROW.overdue_since(noon + -1.0) is None
    assert ROW.overdue_since(noon) == noon
    assert late.overdue_since(noon) == late.due
    assert replace(ROW, state="no schedule", next_due=None).overdue_since(noon) is None


def test_what_is_due_once_is_met_by_any_delivery() -> None:
    """A planned manoeuvre's file until 18 March: overdue without it, in time with an older one."""
    anchor, cutoff = Epoch.parse("2021-03-18"), Epoch.parse("2021-03-18T06:00:00")

    assert judged(None, anchor, None, None, cutoff).state == "overdue"
    assert judged(None, anchor, came("2021-03-01T00:00:00"), None, cutoff).state == "in time"
    assert judged(None, None, None, None, cutoff).state == "no schedule"


def test_the_front_page_says_what_is_overdue_since_when() -> None:
    """The one that is overdue longest, and how many others are."""
    record = sample_record()
    late = replace(ROW, due=record.window.start + -3.0 * 3600.0, state="overdue", late_s=3.0 * 3600.0)
    record = replace(record, desk=(ROW, late))
    two = replace(record, desk=(replace(late, object_id="ODY", due=record.window.start + -3600.0), late))
    name = next(item.name for item in record.objects if item.id == "MRO")

    assert overdue_line(replace(record, desk=(ROW,))) is None
    assert overdue_line(record) == f"Overdue: {name}'s ephemeris was due 14 March 2021 21:00 UTC, 3 h ago."
    assert (overdue_line(two) or "").endswith("3 h ago; 1 other is overdue.")


def test_the_table_begins_with_what_is_overdue() -> None:
    """Then what was late; a schedule slower than the week of NPR 8079.1 is named as that."""
    late = replace(ROW, due=day("2021-03-24T12:00:00"), state="overdue", late_s=3.0 * 3600.0, object_id="Z")
    table = desk_table(replace(sample_record(), desk=(ROW, replace(ROW, object_id="B", every_h=336.0), late)))

    assert table is not None
    assert [row.cells[0].text for row in table.rows] == ["Z", "B", "MRO"]
    assert table.rows[0].cells[1].text == "overdue by 3 h"
    assert table.rows[1].cells[6].text == "14 d (longer than a week)"


def test_of_an_object_whose_life_has_ended_nothing_is_owed(tmp_path: Path) -> None:
    """A delivery each hour is overdue while it flies or ended in flight, and no more once it is known to be down."""
    orbiters = "".join(
        f'[[object]]\nid = "{name}"\nname = "{name}"\nhbr_m = 5\n[[object.ephemeris]]\npath = "{name}*.oem"\n'
        'originator = "JPL"\nevery_hours = 1\ndue = 2021-01-01T00:00:00Z\n'
        for name in ("MRO", "TGO")
    )
    (tmp_path / "nearpass.toml").write_text(
        '[cycle]\nbody = "MARS"\nspan_days = 28\nlimit_km = 100\n[alert.red]\ncad_km = 3\n[alert.yellow]\ncad_km = 10\n'
        + orbiters
    )
    config, _ = load_config(tmp_path / "nearpass.toml")
    record = sample_record()
    start = record.window.start
    for kind, at, state in (
        ("in flight", start + -1.0, "overdue"),
        ("declared", start + 1.0, "overdue"),
        ("declared", start + -1.0, "no schedule"),
        ("on the surface", start + -1.0, "no schedule"),
    ):
        ended = EndingRecord(at=at, kind=kind, altitude_km=None)
        objects = tuple(replace(item, ending=ended if item.id == "MRO" else None) for item in record.objects)
        mro, tgo = desk(config, replace(record, objects=objects), None)
        assert (mro.state, tgo.state) == (state, "overdue")
