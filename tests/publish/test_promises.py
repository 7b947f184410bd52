"""What a promise of protection does to the editions of a cycle: how coarsely they tell, and when they stay as they are.

One cycle of three known objects and a secret one that one of them meets; only its cycle id is changed where there is
to be an earlier one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from close_orbits import CONFIG, SECRET, cycle, fleet
from edition_records import edition
from nearpass.astro.epochs import DAY_S
from nearpass.config import parse_config
from nearpass.disclosure.archived import Flown
from nearpass.disclosure.decoys import Certificate, certify
from nearpass.disclosure.editions import Cycle
from nearpass.errors import LeakError
from nearpass.publish import Workspace, editions_of
from nearpass.publish.protection import broken_anew, protected_sites
from nearpass.record.marking import HIDDEN_RUNG, Edition, Protected, Show
from nearpass.record.record import CycleRecord
from nearpass.release.reduction import reduced
from stub_cycles import silent

OBJECTS = "".join(
    f'[[object]]\nid = "{name}"\nname = "{name}"\nhbr_m = 5\nephemeris = [{{path = "{name}.oem", originator = "T"}}]\n'
    for name in ("A", "S")
)
DECIDED = '[[edition.object]]\nid = "S"\nshow = "metrics"\ndecided_by = "T"\ndecided_on = 2021-03-01\n'
NOTHING = Certificate(object_id="S", bound_km=0.0, among=5, least_at=None, decoys=12, cycles=1, figures=1, sha256="ab")
HIDDEN = Protected(
    object_id="S", promised_km=50.0, among=5, bound_km=0.0, decoys=0, cycles=1, rung=HIDDEN_RUNG, sha256="ab"
)
BEFORE = "2021-03-16T2350Z"


def table(*, protects_km: float | None, tca_s: int = 600, more: str = "", decided: str = DECIDED) -> str:
    """The table of an edition for everybody that tells of S in part."""
    promise = "" if protects_km is None else f"protects_km = {protects_km}\n"
    head = f'[[edition]]\nid = "public"\naudience = "all"\nlevels = ["CLEAR"]\n{promise}{more}'
    return f"{head}[edition.grain]\ntca_s = {tca_s}\n{decided}"


def sites(directory: Path, editions: str) -> list[Workspace]:
    """The editions of a workspace with this configuration."""
    directory.mkdir(exist_ok=True)
    return editions_of(Workspace(directory=directory), parse_config(CONFIG + OBJECTS + editions, "nearpass.toml"))


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Cycle:
    """The cycle."""
    return cycle(tmp_path_factory.mktemp("met"), {**fleet(meeting=1), "S": SECRET})


@pytest.fixture
def flown(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Cycle]]:
    """What the archive holds, as a list to be filled."""
    held: list[Cycle] = []

    def load(_: object, cycle_id: str) -> CycleRecord:
        return next(one.record for one in held if one.record.cycle_id == cycle_id)

    monkeypatch.setattr("nearpass.disclosure.decoys.MOST_BATCHES", 1)  # where none is found, none is soon
    monkeypatch.setattr(Flown, "cycles", lambda *_: list(held))
    monkeypatch.setattr("nearpass.archive.archive.Archive.cycle_ids", lambda _: (one.record.cycle_id for one in held))
    monkeypatch.setattr("nearpass.archive.archive.Archive.latest_id", lambda _: held[-1].record.cycle_id)
    monkeypatch.setattr("nearpass.archive.archive.Archive.load", load)
    return held


def earlier(met: Cycle, editions: str) -> Cycle:
    """The same ten minutes before, made by another configuration."""
    config = parse_config(CONFIG + OBJECTS + editions, "nearpass.toml")
    return replace(met, record=replace(met.record, cycle_id=BEFORE), configured=config.editions)


def put_out(directory: Path, *cycle_ids: str) -> None:
    """As if cycles were published."""
    for name in cycle_ids:
        folder = directory / "public" / "cycles" / name[:10].replace("-", "/") / name[10:]
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}")


def tried(directory: Path, flown: list[Cycle], editions: str) -> tuple[list[Workspace], list[LeakError]]:
    """What becomes of the newest cycle."""
    return protected_sites(sites(directory, editions), flown[-1].record, Flown(), silent)


@pytest.mark.parametrize(("protects_km", "rung", "tca_s"), [(50.0, 0, 600.0), (1000.0, 1, DAY_S)])
def test_an_edition_falls_to_the_first_cells_that_keep_its_promise(
    met: Cycle, flown: list[Cycle], tmp_path: Path, protects_km: float, rung: int, tca_s: float
) -> None:
    """Ten minutes keep 50 km among five and the day 1,000: it is told by these cells, and the edition says so."""
    flown.append(met)

    (site,), errors = tried(tmp_path, flown, table(protects_km=protects_km))
    made = reduced(met.record, site.edition)
    (told,), (line,) = made.told, made.edition.statement

    assert errors == []
    assert (site.edition.rung(met.record.cycle_id, "S"), told.tca.stop - told.tca.start) == (rung, tca_s)
    assert ("finer cells would not keep what is promised" in line) is (rung > 0)
    assert [one.promised_km for one in made.edition.protection] == [protects_km]


@pytest.mark.parametrize(("enough", "rung"), [({0, 1, 2, 3}, 0), ({1, 3}, 1), ({2}, 2), ({3}, 3), (set(), None)])
def test_the_rungs_are_tried_in_their_order(
    met: Cycle, flown: list[Cycle], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, enough: set[int], rung: int | None
) -> None:
    """The first that is proven is taken; where none is the edition stops, with one reason: object and figures.

    A later cycle never tells more finely.
    """
    flown.append(met)
    cycle_id = met.record.cycle_id

    def by_rung(_: object, object_id: str, editions: Sequence[Edition], **more: Any) -> Certificate:
        (one,) = {edition.rung(cycle_id, object_id) for edition in editions}
        return replace(NOTHING, bound_km=60.0 if one in enough else 10.0 + one, among=more["among"])

    monkeypatch.setattr("nearpass.publish.protection.certify", by_rung)
    (site,), errors = tried(tmp_path, flown, table(protects_km=50.0))

    reason = "an edition must keep what it promises of S: 5 orbits 50 km apart must be possible, and only 13 km are"
    assert [(error.edition, error.rule) for error in errors] == ([("public", reason)] if rung is None else [])
    assert site.edition.rung(cycle_id, "S") == (rung or 0)
    enough |= {0, 1, 2, 3}
    (again,), _ = tried(tmp_path, flown, table(protects_km=50.0))
    assert again.edition.rung(cycle_id, "S") == (rung or 0)


def test_where_nothing_is_told_a_decoy_may_pass_whom_it_likes(met: Cycle) -> None:
    """Hidden in the only cycle, its orbit could be any: decoys that meet nobody count, though the object meets one."""
    hidden = edition({"S": Show.METRICS}, protected={met.record.cycle_id: (HIDDEN,)})
    found = certify([met], "S", [hidden], among=5)

    assert (found.figures, found.cycles) == (0, 1)
    assert found.bound_km > 1000.0


def test_what_was_told_in_other_cells_stays_told(met: Cycle, flown: list[Cycle], tmp_path: Path) -> None:
    """A cycle that went out with ten minutes bounds what a later one by the day can promise: the edition stops.

    Was it never put out, or are the day's cells those that it went out in, the day keeps the promise.
    """
    daily = table(protects_km=1000.0, tca_s=86_400)
    flown += [earlier(met, table(protects_km=None)), met]

    assert tried(tmp_path / "a", flown, daily)[1] == []
    put_out(tmp_path / "b", BEFORE)
    assert [error.edition for error in tried(tmp_path / "b", flown, daily)[1]] == ["public"]
    flown[0] = earlier(met, daily)
    put_out(tmp_path / "c", BEFORE)
    assert tried(tmp_path / "c", flown, daily)[1] == []


def test_the_cells_in_which_a_cycle_went_out_are_kept_and_not_those_of_its_configuration(
    met: Cycle, flown: list[Cycle], tmp_path: Path
) -> None:
    """Made under ten minutes, stopped, and put out under the day: the next cycle is held to the day alone."""
    daily = table(protects_km=1000.0, tca_s=86_400)
    flown.append(earlier(met, table(protects_km=1e6)))
    assert len(tried(tmp_path, flown, table(protects_km=1e6))[1]) == 1
    assert tried(tmp_path, flown, daily)[1] == []
    put_out(tmp_path, BEFORE)
    flown.append(met)

    assert tried(tmp_path, flown, daily)[1] == []


def test_what_was_in_full_before_is_not_told_in_part(
    met: Cycle, flown: list[Cycle], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever read its orbit before knows it: nothing is told, and the publisher learns why."""
    flown += [earlier(met, table(protects_km=None, decided="")), met]
    put_out(tmp_path, BEFORE)
    with caplog.at_level(logging.WARNING):
        (site,), errors = tried(tmp_path, flown, table(protects_km=50.0))

    assert errors == []
    assert reduced(met.record, site.edition).told == ()
    assert "must not have been in full" in caplog.text


def test_archived_cycles_are_not_rendered_in_finer_cells(met: Cycle, flown: list[Cycle], tmp_path: Path) -> None:
    """Proven by the day, a site is not built again by ten minutes; by its own cells it is, unproven."""
    daily, finer = (table(protects_km=1000.0, tca_s=tca_s) for tca_s in (86_400, 600))
    flown.append(met)
    tried(tmp_path, flown, daily)
    put_out(tmp_path, met.record.cycle_id)

    (stopped,) = broken_anew(sites(tmp_path, finer), Flown(), silent)
    assert (stopped.edition, stopped.exit_code) == ("public", 7)
    assert "5 orbits 1000 km apart must be possible" in str(stopped)
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr("nearpass.publish.protection.certify")
        assert broken_anew(sites(tmp_path, daily), Flown(), silent) == []
