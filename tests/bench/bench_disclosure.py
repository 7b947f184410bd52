"""What the sample's public edition gives away of Tianwen-1: bound and attack, side by side.

    python tests/bench/bench_disclosure.py DIRECTORY     # a workspace made by nearpass demo

As it was: of each of its pairs with public objects the nearest distance to 5 km and rounded down, and the time to 600 s
in every cycle (:mod:`orbit_attack`). As it is: the bound that decoys prove, by ten minutes and by the day.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from nearpass.archive.archive import Archive
from nearpass.astro.epochs import DAY_S
from nearpass.config import load_config
from nearpass.disclosure.archived import archived_cycle
from nearpass.disclosure.decoys import _Search, certify
from nearpass.disclosure.editions import Cycle
from nearpass.errors import InputError
from nearpass.publish import Workspace, editions_of
from nearpass.record.marking import Grain, Show
from nearpass.release.reduction import reduced, show_of
from nearpass.screening.screen import screen
from orbit_attack import Attack, Known

OBJECT = "TW1"


def known_of(cycles: list[Cycle], public: set[str]) -> Known:
    """Every figure that was published of the object's pairs, with the states there."""
    newest = cycles[-1].record.window.start
    cutoffs_s = np.array([cycle.record.window.start - newest for cycle in cycles])
    found = []
    for index, cycle in enumerate(cycles):
        names = {OBJECT, *(public & cycle.trajectories.keys())}
        pairs = [tuple(sorted((OBJECT, name))) for name in names - {OBJECT}]
        held = {name: cycle.trajectories[name] for name in names}
        for pair in screen(held, cycle.window_s, 1.0, pairs=pairs).pairs:  # type: ignore[arg-type]
            other = pair.second if pair.first == OBJECT else pair.first
            if pair.nearest is not None and not pair.nearest.at_boundary:
                at = np.array([pair.nearest.offset_s])
                states = [np.hstack(held[name].state(at))[0] for name in (OBJECT, other)]
                found.append((index, cutoffs_s[index] + at[0], pair.nearest.miss_km, *states))
    grid_s = np.arange(0.0, cycles[-1].record.window.length_s - 1.0, 3600.0)
    number, at_s, miss_km, own, others = (np.array(column) for column in zip(*found, strict=True))
    return Known(
        newest=newest, cutoffs_s=cutoffs_s, cycle=number, at_s=at_s, miss_km=miss_km, own=own, others=others,
        grid_s=grid_s, grid=np.hstack(cycles[-1].trajectories[OBJECT].state(grid_s)),
    )  # fmt: skip


def fitted_km(search: _Search, starts: int = 10) -> np.ndarray:
    """How far fits to what is told are from the object, ``(starts, T)`` km on the grid of the bound.

    Who attacks has the others' orbits, the errors of all and the speed and plane of the object there, and begins at
    places and instants of the told cells: from elsewhere on its orbit the steps lead to open orbits.
    """
    found = []
    for fit in search._proposed(starts):
        try:
            position_km = search.paths([fit])[0]
        except InputError:
            continue
        found.append(np.linalg.norm(position_km[:, 1] - position_km[:, 0], axis=1))
    return np.array(found)


def main(directory: Path) -> None:
    """Print bound and attack of both policies."""
    config, _ = load_config(directory / "nearpass.toml")
    workspace = Workspace(directory=directory)
    archive = Archive(workspace.archive)
    every = [archived_cycle(archive, name, directory) for name in sorted(archive.cycle_ids())]
    cycles = [one for one in every if OBJECT in one.trajectories]
    editions = [site.edition for site in editions_of(workspace, config) if site.edition]
    newest = cycles[-1].record
    public = next(edition for edition in editions if edition.id == "public")
    full = {item.id for item in newest.objects if show_of(item, newest, public) is Show.FULL and item.phase == "known"}
    known = known_of(cycles, full)
    for count in (1, len(cycles)):
        attack = Attack(known.of(range(len(cycles))[-count:]))
        widths = attack.set_membership_km()
        print(
            f"as it was, {count} cycles, {len(attack.known.at_s)} figures: possible within "
            f"{widths.min():.2f} km (median {np.median(widths):.1f})", flush=True,
        )  # fmt: skip
    errors = Attack(known).least_squares_km()
    print(
        f"least squares from {len(errors)} starts: best instant {errors.min():.2f} km, "
        f"median of the best fit {np.median(errors, axis=1).min():.1f} km", flush=True,
    )  # fmt: skip
    item = next(item for item in newest.objects if item.id == OBJECT)
    coarse = [one for one in editions if show_of(item, newest, one) in {Show.METRICS, Show.ANONYMOUS}]
    for words, tca_s in (("ten minutes", Grain().tca_s), ("the day", DAY_S)):
        tried = [replace(one, grain=Grain(tca_s=tca_s), protected={}) for one in coarse]
        print(f"as it is, by {words}:", certify(cycles, OBJECT, tried, among=5), flush=True)
        errors = fitted_km(_Search(cycles, OBJECT, tried))
        print(
            f"fits from {len(errors)} starts: best instant {errors.min():.0f} km, "
            f"median of the best fit {np.median(errors, axis=1).min():.0f} km", flush=True,
        )  # fmt: skip
        for told in reduced(newest, tried[0]).told:
            print("told:", told.primary, told.secondary, told.level.value, told.tca.start, told.miss_km, told.pc)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
