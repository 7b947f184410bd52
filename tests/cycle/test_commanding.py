"""Deadlines of a whole cycle: conjunction, announced stops, contacts, members of parties, and screening again."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fleets import GM_MARS_KM3_S2, Kepler, message, segment
from nearpass.archive.archive import Archive
from nearpass.astro.epochs import Epoch
from nearpass.config import load_config
from nearpass.config.operators import OperatorTable, WorkingHours
from nearpass.cycle.commanding import _table_of, _working, commands_of, joined, sep_limit_deg
from nearpass.cycle.pipeline import setting_of
from nearpass.messages.oem_write import write_oem
from nearpass.record.record import EventRecord

Nearpass = Callable[..., tuple[int, str, str]]
START = Epoch.parse("2026-01-02T00:00:00")
TCA_S = 81.0 * 3600.0 + 720.0
FIRST, SECOND = Kepler(3800.0, 0.001, 1.6), Kepler(3801.5, 0.001, 1.1)


class Passing:
    """An orbit turned in its mean anomaly so that it stands on the node at ``TCA_S``, as its partner does."""

    def __init__(self, orbit: Kepler) -> None:
        self.orbit = orbit

    def state(self, offsets_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions and velocities at offsets from the start."""
        return self.orbit.state(np.asarray(offsets_s) - TCA_S)


def cycle(nearpass: Nearpass, folder: Path, extra: str = "", objects: str = "lead_time_h = 24") -> EventRecord:
    """The event at ``TCA_S`` of a cycle of two objects that meet on the node."""
    (folder / "ephemerides").mkdir(parents=True)
    tables = []
    for name, orbit in (("A", FIRST), ("B", SECOND)):
        nodes = segment(Passing(orbit), -3600.0, 92.0 * 3600.0, 120.0, epoch=START)
        (folder / f"ephemerides/{name}.oem").write_text(write_oem(message(nodes, creation=START + -3600.0)))
        tables.append(
            f'[[object]]\nid = "{name}"\nname = "{name}"\noperator = "{name} CENTRE"\nhbr_m = 5\n{objects}\n'
            f'[[object.ephemeris]]\npath = "ephemerides/{name}.oem"\noriginator = "TEST"\n'
        )
    (folder / "nearpass.toml").write_text(
        '[cycle]\nbody = "MARS"\nspan_days = 3.6\nlimit_km = 12\n[alert.red]\ncad_km = 3\n[alert.yellow]\ncad_km = 10\n'
        + extra
        + "".join(tables)
    )
    code, _, told = nearpass("run", "--config", folder / "nearpass.toml", "--at", "2026-01-02T00:00", "--jobs", "1")
    assert code == 0, told
    archive = Archive(folder / "archive")
    record = archive.load(archive.latest_id() or "")
    return min(record.events, key=lambda event: abs(event.tca - (START + TCA_S)))


def half_revolution_s(orbit: Kepler) -> float:
    """Half of Kepler's period."""
    return float(np.pi * np.sqrt(orbit.a_km**3 / GM_MARS_KM3_S2))


def test_a_deadline_lies_before_the_conjunction_that_hides_the_last_uplink(nearpass: Nearpass, tmp_path: Path) -> None:
    """Mars is within 2 degrees of the Sun from 2 January 2026 07:50: the decision is due a day before, and says why."""
    event = cycle(nearpass, tmp_path)
    [act] = [act for act in event.commands if act.object_id == event.deadline_object]
    page = next((tmp_path / "public" / "cycles").rglob(f"events/{event.event_id}.html")).read_text()

    assert event.deadline == act.decide
    assert event.deadline is not None
    assert abs(event.deadline - Epoch.parse("2026-01-01T07:50:00")) < 600.0  # the table gives ten minutes
    assert act.limit == "conjunction"
    assert act.closed_until is not None
    assert act.closed_until.iso()[:10] == "2026-01-16"
    assert "before the solar conjunction" in page


def test_without_a_closure_the_deadline_counts_from_the_last_useful_burn(nearpass: Nearpass, tmp_path: Path) -> None:
    """With no limit by the Sun it is a lead time, a light time and half a revolution before the approach."""
    event = cycle(nearpass, tmp_path, '[[operator]]\nparty = "A CENTRE"\nsep_min_deg = 0\n')
    [act] = [act for act in event.commands if act.object_id == "A"]
    half_s = half_revolution_s(FIRST)

    assert event.deadline_object == "A"  # the other cannot be reached so late
    assert event.tca - act.burn == pytest.approx(half_s, rel=2e-3)  # the osculating period is that of a two-body orbit
    assert event.deadline is not None
    assert act.burn - event.deadline == pytest.approx(86_400.0 + (event.light_time_s or 0.0), abs=1e-3)


def test_announced_stops_hold_for_members_of_a_party(nearpass: Nearpass, tmp_path: Path) -> None:
    """A table of a party serves the objects of its members; the announced date comes before the angle."""
    extra = (
        '[[party]]\nid = "AGENCY"\nincludes = ["A CENTRE", "B CENTRE"]\n'
        '[[operator]]\nparty = "AGENCY"\nsteps_h = { assess = 6, uplink = 2 }\nlast_burn_h = 3\n'
        'no_commands = [{ from = "2025-12-29T12:00:00", until = "2026-01-16", why = "stand-down at three degrees" }]\n'
    )
    event = cycle(nearpass, tmp_path, extra, objects="")
    [act] = [act for act in event.commands if act.object_id == "A"]

    assert event.deadline == Epoch.parse("2025-12-29T04:00:00")  # eight hours before the stop
    assert (act.limit, act.note) == ("no commands", "stand-down at three degrees")
    assert event.tca - act.burn == pytest.approx(3 * 3600.0)


def test_contacts_come_from_a_file_and_are_kept_for_screening_again(nearpass: Nearpass, tmp_path: Path) -> None:
    """The uplink ends with the last contact before the burn; a cycle screened again needs no file."""
    passes = tmp_path / "passes.csv"
    passes.write_text(
        "start,stop,station\n2026-01-01T00:00,2026-01-01T06:00,DSS-14\n2026-01-04T01:00,2026-01-04T05:30,DSS-43\n"
    )
    extra = "".join(
        f'[[operator]]\nparty = "{name} CENTRE"\nsep_min_deg = 0\npasses = "passes.csv"\n' for name in ("A", "B")
    )
    event = cycle(nearpass, tmp_path, extra)
    [act] = [act for act in event.commands if act.object_id == "A"]

    assert act.uplink == Epoch.parse("2026-01-04T05:30:00")
    assert act.limit == "contact"
    passes.unlink()
    code, out, told = nearpass("verify", "--config", tmp_path / "nearpass.toml", "--rescreen", "2026-01-02T0000Z")
    assert code == 0, out + told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("begin,end\n", "must have the columns start and stop"),
        ("start,stop\n2026-01-01,2025-12-31\n", "a pass must start before it stops"),
        ("start,stop\n2026-13-01,2026-12-31\n", "2026-13-01"),
    ],
)
def test_a_wrong_file_of_contacts_is_named_with_its_line(
    nearpass: Nearpass, tmp_path: Path, text: str, words: str
) -> None:
    """A file of contacts that cannot be read ends the run with its name, line and rule, and nothing is archived."""
    (tmp_path / "passes.csv").write_text(text)
    with pytest.raises(AssertionError, match=rf"{words}.*passes\.csv:[12]"):
        cycle(nearpass, tmp_path, '[[operator]]\nparty = "A CENTRE"\npasses = "passes.csv"\n')
    assert not list(tmp_path.glob("archive/cycles/*"))


@pytest.mark.parametrize(
    ("declared", "body", "limit"),
    [
        (None, "MARS", 2.0),
        (None, "SUN", 2.0),
        (None, "EARTH", None),
        (None, "MOON", None),
        (3.0, "MARS", 3.0),
        (3.0, "EARTH", 3.0),
        (0.0, "MARS", None),
    ],
)
def test_the_angle_below_which_nothing_is_commanded(declared: float | None, body: str, limit: float | None) -> None:
    """Two degrees by default at every body but the Earth and the Moon; with 0 the Sun never closes a link."""
    assert sep_limit_deg(OperatorTable(party="NASA", sep_min_deg=declared, lead_time_h=72.0), body) == limit


def test_passes_that_touch_are_one() -> None:
    """In any order, overlapping, within each other or end to end; what is apart stays so."""
    assert joined([(5.0, 6.0), (0.0, 2.0), (2.0, 3.0), (5.5, 9.0), (6.0, 7.0)]) == ((0.0, 3.0), (5.0, 9.0))
    assert joined([]) == ()


def test_working_hours_follow_the_clock_of_their_zone() -> None:
    """From Friday to Monday over the beginning of summer time: nine hours each, at 16:00 and then at 15:00 UTC."""
    hours = WorkingHours.model_validate(
        {"zone": "America/Los_Angeles", "from": "08:00", "until": "17:00", "days": ("Mon", "Fri")}
    )
    friday = Epoch.parse("2021-03-12T00:00:00")
    opened = [
        (start, stop) for start, stop in _working(hours, friday, (0.0, 4 * 86_400.0)) if 0.0 < start < 4 * 86_400.0
    ]

    assert opened == [(16 * 3600.0, 25 * 3600.0), (3 * 86_400.0 + 15 * 3600.0, 3 * 86_400.0 + 24 * 3600.0)]


def test_the_table_of_the_operator_itself_goes_before_that_of_the_whole(tmp_path: Path) -> None:
    """Whatever their order and by any name; a member without one has that of the party that it belongs to."""
    objects = "".join(
        f'[[object]]\nid = "{name}"\nname = "{name}"\noperator = "{operator}"\nhbr_m = 5\n'
        f'[[object.ephemeris]]\npath = "{name}.oem"\noriginator = "X"\n'
        for name, operator in (("A", "jpl"), ("B", "NASA/LASP"), ("C", "NASA"), ("D", "CNSA"))
    )
    (tmp_path / "nearpass.toml").write_text(
        '[cycle]\nbody = "MARS"\nspan_days = 1\nlimit_km = 10\n[alert.red]\ncad_km = 3\n[alert.yellow]\ncad_km = 10\n'
        '[[party]]\nid = "NASA"\nincludes = ["NASA/JPL", "NASA/LASP"]\n[[party]]\nid = "NASA/JPL"\naliases = ["JPL"]\n'
        '[[operator]]\nparty = "NASA"\nlead_time_h = 72\n[[operator]]\nparty = "NASA/JPL"\nlead_time_h = 24\n' + objects
    )
    config, _ = load_config(tmp_path / "nearpass.toml")
    found = {item.id: table.lead_time_h for item in config.objects if (table := _table_of(config, item))}
    assert found == {"A": 24.0, "B": 72.0, "C": 72.0}


def test_an_object_that_is_commanded_faster_than_its_operator_uplinks(tmp_path: Path) -> None:
    """Its own time from the detection to the burn comes first, and no uplink is longer than that."""
    objects = "".join(
        f'[[object]]\nid = "{name}"\nname = "{name}"\noperator = "NASA"\nhbr_m = 5\n{more}\n'
        f'[[object.ephemeris]]\npath = "{name}.oem"\noriginator = "X"\n'
        for name, more in (("A", "lead_time_h = 2"), ("B", "lead_time_h = 30"), ("C", ""))
    )
    (tmp_path / "nearpass.toml").write_text(
        '[cycle]\nbody = "EARTH"\nspan_days = 1\nlimit_km = 10\n[alert.red]\ncad_km = 3\n[alert.yellow]\ncad_km = 10\n'
        '[[operator]]\nparty = "NASA"\nsteps_h = { assess = 36, uplink = 12 }\n' + objects
    )
    config, _ = load_config(tmp_path / "nearpass.toml")
    commands = commands_of(config, setting_of(config, tmp_path, START)).by_object
    hours = {key: (one.lead_time_s / 3600.0, one.uplink_s / 3600.0) for key, one in commands.items()}
    assert hours == {"A": (2.0, 2.0), "B": (30.0, 12.0), "C": (48.0, 12.0)}
