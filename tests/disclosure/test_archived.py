"""Cycles that decoys are tested in: the same from the run that made them as from the archive, and read once."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fleets import CUTOFF, LOW, POLAR, write_workspace
from nearpass.archive.archive import Archive
from nearpass.config import load_config
from nearpass.cycle.pipeline import run_cycle
from nearpass.disclosure import archived
from nearpass.disclosure.archived import Flown
from nearpass.errors import ArchiveError


def quiet(_: str, __: int) -> Callable[[int], None]:
    return lambda _: None


def test_a_cycle_just_made_is_tested_as_the_archive_gives_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Record, rules, sources and every coefficient are those read again; what is known is not read again."""
    path = write_workspace(tmp_path / "work", orbits={"LOW": LOW, "POLAR": POLAR}, limit_km=500.0)
    config, text = load_config(path)
    result = run_cycle(config, text, tmp_path / "work", CUTOFF, None, quiet)
    archive, cycle_id = Archive(tmp_path / "archive"), result.record.cycle_id
    archive.add(result.record, result.inputs)
    [again] = Flown().cycles(archive, [cycle_id], tmp_path / "work")

    flown = Flown()
    flown.add(result.record, config, result.ingested)
    monkeypatch.setattr(archived, "reread", lambda *_: pytest.fail("it is known"))
    [made] = flown.cycles(archive, [cycle_id], tmp_path / "work")

    assert (made.record, made.rules, made.body) == (again.record, again.rules, again.body)
    assert made.sources == again.sources
    assert made.trajectories.keys() == again.trajectories.keys() == {"LOW", "POLAR"}
    for name, own in made.trajectories.items():
        for arc, other in zip(own.arcs, again.trajectories[name].arcs, strict=True):
            assert np.array_equal(arc.knots_s, other.knots_s)
            assert np.array_equal(arc.coefficients_km, other.coefficients_km)

    flown.add(replace(result.record, cycle_id="2021-03-18T0000Z"), config, result.ingested)
    flown.add(replace(result.record, cycle_id="2021-03-19T0000Z"), config, result.ingested)
    assert flown.cycles(archive, [cycle_id, "2021-03-19T0000Z"], tmp_path)[0] is made
    with pytest.raises(ArchiveError):  # where nobody asks, only the newest is kept, however long a watch lasts
        flown.cycles(archive, ["2021-03-18T0000Z"], tmp_path)
