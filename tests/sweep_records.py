"""The screening of a small catalogue as a record, for tests of pages and editions."""

from dataclasses import replace
from typing import Final

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import Level
from nearpass.reasons.motions import Step
from nearpass.record.record import ApproachRecord, InputRecord, Span, SweepObject, SweepRecord, SweepStep, Uncovered

CATALOGUED: Final = ("25544", "43013", "44713")
FILE: Final = "ephemerides/all.json"


def approach(cut_off: Epoch, number: int, primary: str, secondary: str, *, together: bool = False) -> ApproachRecord:
    """A green approach, some hours after the cut-off."""
    tca = cut_off + 3600.0 * number
    return ApproachRecord(
        event_id=None, primary=primary, secondary=secondary, tca=tca, miss_km=4.5 + number,
        relative_speed_km_s=0.003 if together else 11.25, level=Level.GREEN, at_boundary=False,
        together=Span(start=tca + -600.0, stop=tca + 900.0) if together else None,
    )  # fmt: skip


def sweep(cut_off: Epoch, delivered: InputRecord, own: tuple[str, ...]) -> SweepRecord:
    """Three catalogued objects that meet each other, and the configured ones in turn; its file is like a delivery."""
    catalogued = [
        SweepObject(id=name, name=f"STARLINK-{name}", group="STARLINK", catalogued=True, file=FILE)
        for name in CATALOGUED
    ]
    configured = [SweepObject(id=name, name=name, group="others", catalogued=False, file=None) for name in own]
    met = [approach(cut_off, 3 + k, CATALOGUED[k % 3], name) for k, name in enumerate(own)]
    return SweepRecord(
        mode="primaries",
        primaries=(CATALOGUED[0], *own[:1]),
        inputs=(replace(delivered, object_id="catalogue", file=FILE),),
        faults=("MEAN_MOTION must be given, ephemerides/all.json:7",),
        fault_count=1,
        catalogued_count=3,
        oldest=cut_off + -86_400.0,
        newest=cut_off + -3600.0,
        uncovered=(Uncovered(id=CATALOGUED[2], uncovered_s=120.0),),
        uncovered_count=1,
        largest_error_km=2e-8,
        comoving_km_s=0.01,
        steps=(SweepStep(name="apart", count=99, meaning=Step(rule="sweep_apart")),),
        objects=tuple(sorted((*catalogued, *configured), key=lambda item: item.id)),
        approaches=(
            approach(cut_off, 1, CATALOGUED[0], CATALOGUED[1]),
            approach(cut_off, 2, CATALOGUED[1], CATALOGUED[2], together=True),
            *met,
        ),
    )
