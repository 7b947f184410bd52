"""One net: whatever goes wrong with one delivery, pair, event, page or plot, the others are published and it is said.

Faults are put into the program itself, at each stage in turn, for the object BAD alone; LOW and POLAR stand beside it.
"""

import importlib
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from fleets import CUTOFF, LOW, POLAR, Kepler, write_workspace
from nearpass.ephemeris.trajectory import Trajectory
from nearpass.errors import InputError
from nearpass.record import history
from nearpass.record.record import CycleRecord
from nearpass.report import pages
from nearpass.report.catalogue import Catalogue
from stub_cycles import quick

Nearpass = Callable[..., tuple[int, str, str]]
BAD = Kepler(LOW.a_km + 3.0, LOW.e, np.radians(60.0), node_rad=0.2, mean_anomaly_rad=0.05)
ORBITS = {"BAD": BAD, "LOW": LOW, "POLAR": POLAR}
BAD_NAME = re.compile(r"\bBAD\b")
BAD_RADIUS_KM = float(np.linalg.norm(BAD.state(np.zeros(1))[0]))
AT = CUTOFF.iso(digits=0)
SECOND = "bad_0.oem"


def workspace(directory: Path, *, older: bool = False) -> Path:
    path = write_workspace(directory, orbits=ORBITS, span_days=0.25, limit_km=500.0)
    if older:
        text = (directory / "ephemerides" / "bad_1.oem").read_text()
        made = re.search(r"CREATION_DATE = (\d{4})", text)
        assert made is not None
        (directory / "ephemerides" / SECOND).write_text(text.replace(made[0], f"CREATION_DATE = {int(made[1]) - 1}"))
    return path


def events(directory: Path) -> set[str]:
    """The pairs with an event in the published cycle."""
    (table,) = (directory / "public" / "cycles").rglob("events.json")
    return {f"{row['primary']}-{row['secondary']}" for row in json.loads(table.read_text())["events"]}


READERS = ["parse_oem", "trajectory_from_oem", "in_fixed_axes", "lint_oem", "check_usable", "marking_of"]


@pytest.mark.parametrize(
    ("stage", "fault"),
    [
        *((stage, OverflowError("too large")) for stage in READERS),
        ("parse_oem", MemoryError()),
        ("parse_oem", InputError("a rule must hold")),
    ],
)
def test_what_fails_in_a_delivery_refuses_it_and_takes_the_older(
    nearpass: Nearpass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str, fault: Exception
) -> None:
    """An exception of any kind while BAD's newest file is read refuses that file by name; its older one is used."""
    import nearpass.ingest.messages as module  # noqa: PLC0415  # the fixture has the package's name

    path = workspace(tmp_path, older=True)
    right, count = getattr(module, stage), 0

    def broken(*given: object, **more: object) -> object:
        nonlocal count
        count += 1
        if count == 1:  # BAD comes first in the configuration
            raise fault
        return right(*given, **more)

    monkeypatch.setattr(module, stage, broken)
    with quick():
        code, _, err = nearpass("run", "--config", path, "--at", AT, "--jobs", 1)
    assert code == 4
    assert "ephemerides/bad_1.oem" in err
    assert "(object BAD)" in err
    assert ("fault of nearpass" in err) is not isinstance(fault, InputError)
    assert events(tmp_path) == {"BAD-LOW", "BAD-POLAR", "LOW-POLAR"}


@pytest.mark.parametrize("stage", ["peek_header", "resolve", "_reader_of"])
def test_what_fails_before_a_delivery_is_read_loses_its_object_alone(
    nearpass: Nearpass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """An exception while BAD's deliveries are told apart leaves it without one; the other pair is published."""
    import nearpass.ingest as package  # noqa: PLC0415  # the fixture has the package's name
    import nearpass.ingest.messages as module  # noqa: PLC0415

    path = workspace(tmp_path)
    place = module if stage == "peek_header" else package
    right = getattr(place, stage)

    def broken(*given: object, **more: object) -> object:
        if any("bad_" in str(one) for one in given):
            raise ZeroDivisionError
        return right(*given, **more)

    monkeypatch.setattr(place, stage, broken)
    with quick():
        code, _, err = nearpass("run", "--config", path, "--at", AT, "--jobs", 1)
    assert code == 4, err
    assert "bad_" in err
    assert events(tmp_path) == {"LOW-POLAR"}


def test_check_runs_the_same_net(nearpass: Nearpass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a later stage cannot compute of a delivery is refused by check as by run, in the same words."""
    from nearpass.ingest import proof  # noqa: PLC0415  # the fixture has the package's name

    path = workspace(tmp_path)
    right, first = proof.ending_of, []

    def broken(trajectory: object, *given: object) -> object:
        first.append(trajectory)
        if len(first) == 1:
            raise FloatingPointError
        return right(trajectory, *given)

    monkeypatch.setattr(proof, "ending_of", broken)
    checked = nearpass("check", "--config", path, "--at", AT)
    first.clear()
    with quick():
        ran = nearpass("run", "--config", path, "--at", AT, "--jobs", 1)
    words = re.search(r"this is a fault of nearpass.*", checked[1])
    assert checked[0] == ran[0] == 4
    assert words is not None
    assert words[0] in ran[2]


STAGES = {
    "nearpass.cycle.pipeline.screen": ({"LOW-POLAR"}, "close approaches of BAD"),
    "nearpass.record.history._new_id": ({"LOW-POLAR"}, "an approach of BAD"),
    "nearpass.cycle.encounters.with_history": (
        {"BAD-LOW", "BAD-POLAR", "LOW-POLAR"},
        "the earlier history of approaches of BAD",
    ),
    "nearpass.cycle.pipeline.fleet_crossings": ({"BAD-LOW", "BAD-POLAR", "LOW-POLAR"}, "orbit crossings of BAD"),
    "nearpass.cycle.encounters.describe_event": ({"LOW-POLAR"}, "an approach of BAD"),
    "nearpass.cycle.crossings._describe": ({"BAD-LOW", "BAD-POLAR", "LOW-POLAR"}, "orbit crossings of BAD"),
    "nearpass.cycle.crossings.season": ({"BAD-LOW", "BAD-POLAR", "LOW-POLAR"}, "the season of crossings of BAD"),
    "nearpass.cycle.pairs._screened": ({"BAD-LOW", "BAD-POLAR", "LOW-POLAR"}, "close approaches of BAD"),
    "nearpass.cycle.pairs.together": ({"BAD-LOW", "BAD-POLAR", "LOW-POLAR"}, "all approaches together of"),
    "nearpass.cycle.assemble._with_predictions": ({"BAD-LOW", "BAD-POLAR", "LOW-POLAR"}, "predictions of BAD"),
}


def of_bad(given: tuple[object, ...], more: dict[str, object]) -> bool:
    """Whether a call has to do with BAD: by a name among its arguments, or by its motion."""
    return any(BAD_NAME.search(repr(one)) for one in (*given, *more.values())) or any(
        isinstance(one, Trajectory) and abs(float(np.linalg.norm(one.state(np.zeros(1))[0])) - BAD_RADIUS_KM) < 0.1
        for one in (*given, *more.values())
    )


@pytest.mark.parametrize("stage", STAGES)
def test_what_fails_of_a_pair_or_an_approach_is_lost_alone(
    nearpass: Nearpass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """An exception at any stage for BAD's pairs loses that part of them, is told on the front page, and exits 4."""
    wanted, words = STAGES[stage]
    path = workspace(tmp_path)
    module, _, name = stage.rpartition(".")
    right = getattr(importlib.import_module(module), name)

    def broken(*given: object, **more: object) -> object:
        if of_bad(given, more):
            raise ZeroDivisionError("division by zero")
        return right(*given, **more)

    monkeypatch.setattr(stage, broken)
    with quick():
        code, _, err = nearpass("run", "--config", path, "--at", AT, "--jobs", 1)
    front = (tmp_path / "public" / "index.html").read_text()
    assert events(tmp_path) == wanted
    assert words in front
    assert re.search(r"report it as F-[0-9A-F]{8}", front)
    weighty = words.startswith(("close approaches", "orbit crossings", "an approach"))
    assert ("Nothing that could be computed needs a decision." in front) is weighty
    assert code == json.loads((tmp_path / "status.json").read_text())["exit_code"] == 4
    assert words in err


PAGES = {
    "_event_page": "cycles/*/*/*/*/events/*.html",
    "_object_page": "objects/BAD.html",
    "_pair_page": "cycles/*/*/*/*/pairs/BAD--LOW.html",
    "_permalink_page": "events/*.html",
    "_messages": "cycles/*/*/*/*/events/*.cdm",
}


@pytest.mark.parametrize("stage", PAGES)
def test_a_page_that_fails_is_replaced_by_one_that_says_why(
    nearpass: Nearpass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """An exception while a page of BAD is made loses that page alone: a page in its place says why, and exit 4 does."""
    path = workspace(tmp_path)
    right = getattr(pages, stage)

    def broken(*given: object, **more: object) -> object:
        if any(BAD_NAME.search(repr(one)) for one in given[:2] if not isinstance(one, Catalogue | CycleRecord)):
            raise KeyError("missing")
        return right(*given, **more)

    monkeypatch.setattr(pages, stage, broken)
    with quick():
        code, _, err = nearpass("run", "--config", path, "--at", AT, "--jobs", 1)
    made = {found.name: found.read_text() for found in (tmp_path / "public").glob(PAGES[stage])}
    lost = {name for name, text in made.items() if "report it as F-" in text}
    assert events(tmp_path) == {"BAD-LOW", "BAD-POLAR", "LOW-POLAR"}
    assert lost
    assert stage in {"_object_page", "_pair_page", "_event_page"} or len(lost) < len(made)
    assert code == 4
    reference = re.search(r"F-[0-9A-F]{8}", err)
    assert reference is not None
    assert f"{reference[0]}\nTraceback" in (tmp_path / "faults.log").read_text()


def test_an_odd_cycle_before_costs_a_pair_its_history_alone(
    nearpass: Nearpass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where events of BAD in the cycle before cannot be matched, its own are new and the others keep their ids."""
    path = workspace(tmp_path)
    later = (CUTOFF + 600.0).iso(digits=0)
    right = history.same_events

    def broken(passages: Sequence[history.Passage], *given: object, **more: object) -> object:
        if given[0] and any("BAD" in (one.primary, one.secondary) for one in passages):
            raise ZeroDivisionError("division by zero")
        return right(passages, *given, **more)  # type: ignore[arg-type]

    with quick():
        nearpass("run", "--config", path, "--at", AT, "--jobs", 1)
        monkeypatch.setattr(history, "same_events", broken)
        code, _, err = nearpass("run", "--config", path, "--at", later, "--jobs", 1)
    first, second = sorted((tmp_path / "public" / "cycles").rglob("events.json"))
    before, now = (
        {name: pair_ids(table, name) for name in ("BAD-LOW", "BAD-POLAR", "LOW-POLAR")} for table in (first, second)
    )
    assert code == 4
    assert "the earlier history of approaches of BAD" in err
    assert now["LOW-POLAR"] <= before["LOW-POLAR"]
    assert now["BAD-LOW"]
    assert not now["BAD-LOW"] & before["BAD-LOW"]


def pair_ids(table: Path, pair: str) -> set[str]:
    """Ids of a pair's events in a published table."""
    rows = json.loads(table.read_text())["events"]
    return {row["event_id"] for row in rows if f"{row['primary']}-{row['secondary']}" == pair}


def test_without_a_front_page_the_last_good_site_stays(
    nearpass: Nearpass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A front page that cannot be made ends with 6 and the reference; what was published before is untouched."""
    path = workspace(tmp_path)
    with quick():
        nearpass("run", "--config", path, "--at", AT, "--jobs", 1)
        before = (tmp_path / "public" / "index.html").read_bytes()
        monkeypatch.setattr(pages, "_front_page", lambda *_: 1 / 0)
        code, _, err = nearpass("run", "--config", path, "--at", (CUTOFF + 600.0).iso(digits=0), "--jobs", 1)
    assert code == 6
    assert "F-" in err
    assert (tmp_path / "public" / "index.html").read_bytes() == before


def test_a_file_that_nobody_claims_is_named(nearpass: Nearpass, tmp_path: Path) -> None:
    """A delivery under a name that no path of the configuration meets is told by check and on the front page."""
    path = workspace(tmp_path)
    (tmp_path / "ephemerides" / "LOWER_1.oem").write_text("not read")
    _, out, _ = nearpass("check", "--config", path, "--at", AT)
    with quick():
        code, _, _ = nearpass("run", "--config", path, "--at", AT, "--jobs", 1)
    assert "unclaimed: ephemerides/LOWER_1.oem" in out
    assert "low_1.oem, which no object" not in out
    assert "ephemerides/LOWER_1.oem lies among the deliveries" in (tmp_path / "public" / "index.html").read_text()
    assert code == 0
