"""Other solutions of an object: screened, compared, and without any effect on what the nominal ones give."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fleets import CUTOFF, FLEET, LOW, Kepler, message, segment, write_workspace
from generator.astro.epochs import DAY_S
from generator.config import load_config
from generator.cycle.record import CycleRecord, SolutionRecord
from generator.ephemeris.oem_write import write_oem
from generator.pipeline import run_cycle

LATE_S = 30.0
INTERPOLATION_KM = 1e-4  # Hermite of degree 7 at 60 s on orbits of two hours
SAMPLING_SHARE = 2e-3  # a peak between two samples a minute apart, on an orbit of two hours
ROUNDING_KM = 1e-6  # differences are stored to the millimetre
LATE = replace(LOW, mean_anomaly_rad=LOW.mean_anomaly_rad - LOW.motion_rad_s * LATE_S)


def quiet(_: str, __: int) -> Callable[[int], None]:
    return lambda _: None


def made(directory: Path, *, lines: str, orbits: dict[str, Kepler] = FLEET, edit: Callable[[str], str] = str) -> CycleRecord:
    """The cycle of a small fleet, LOW with another delivery 30 s late and ``lines`` about it in its table."""
    path = write_workspace(directory, orbits=orbits, limit_km=500.0)
    late = write_oem(message(segment(LATE, -3600.0, DAY_S / 2, 60.0), creation=CUTOFF + -9000.0))
    (directory / "ephemerides" / "late_1.oem").write_text(late)
    (directory / "ephemerides" / "low_0.oem").write_text(late)
    table = '[[object.ephemeris]]\npath = "ephemerides/low_*.oem"\noriginator = "TEST"\n'
    text = edit(path.read_text())
    assert table in text
    path.write_text(text.replace(table, table + lines))
    config, text = load_config(path)
    return run_cycle(config, text, directory, CUTOFF, None, quiet).record


SOURCE = '[[object.ephemeris]]\npath = "ephemerides/late_*.oem"\noriginator = "OTHER"\n'
ALTERNATIVE = f'{SOURCE}role = "alternative"\nname = "late"\n'


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> CycleRecord:
    """One object with an alternative that runs half a minute late and ends half way through the window."""
    return made(tmp_path_factory.mktemp("alternative"), lines=ALTERNATIVE)


@pytest.fixture(scope="module")
def late(record: CycleRecord) -> SolutionRecord:
    (solution,) = record.solutions
    return solution


def test_other_solutions_change_nothing_of_the_nominal_cycle(record: CycleRecord, tmp_path: Path) -> None:
    """Without the alternative the record is the same but for it and for the configuration's text."""
    alone = made(tmp_path, lines="")

    assert replace(record, solutions=(), provenance=alone.provenance) == alone


def test_a_solution_is_screened_as_if_it_were_the_nominal_one(late: SolutionRecord, tmp_path: Path) -> None:
    """Its approaches are those of a cycle in which the same delivery is the nominal one."""
    swapped = made(tmp_path, lines="", edit=lambda text: text.replace("ephemerides/low_*.oem", "ephemerides/late_*.oem", 1)
                   + '[[object.ephemeris]]\npath = "ephemerides/low_*.oem"\noriginator = "TEST"\n')

    expected = {(e.primary, e.secondary, e.tca): e for e in swapped.events if "LOW" in (e.primary, e.secondary)}
    found = {(e.primary, e.secondary, e.tca): e for e in late.events if e.tca is not None}
    assert found.keys() == expected.keys()
    for key, event in found.items():
        assert event.miss_km == expected[key].miss_km
        assert event.level is expected[key].level
