"""One net: whatever goes wrong with one delivery, pair, event, page or plot, the others are published and it is said.

Faults are put into the program itself, at each stage in turn, for the object BAD alone; LOW and POLAR stand beside it.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fleets import CUTOFF, LOW, POLAR, Kepler, write_workspace
from nearpass.errors import InputError
from stub_cycles import quick

Nearpass = Callable[..., tuple[int, str, str]]
BAD = Kepler(LOW.a_km + 3.0, LOW.e, np.radians(60.0), node_rad=0.2, mean_anomaly_rad=0.05)
ORBITS = {"BAD": BAD, "LOW": LOW, "POLAR": POLAR}
AT = CUTOFF.iso(digits=0)
SECOND = "bad_0.oem"


def workspace(directory: Path, *, older: bool = False) -> Path:
    path = write_workspace(directory, orbits=ORBITS, limit_km=500.0)
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
    assert code == 4
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
