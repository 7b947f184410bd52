"""Moons whose publisher has no ephemeris of them: an analytic theory in the place of a delivery."""

from __future__ import annotations

from collections.abc import Iterator

from nearpass.config import EphemerisSource, ScreenedObject
from nearpass.encounter.uncertainty import DeclaredModel
from nearpass.ephemeris.lint import Finding, Grade
from nearpass.ephemeris.moons import MOONS, THEORY, moon_trajectory
from nearpass.errors import InputError, understood
from nearpass.ingest.delivery import Ingested, Setting, graded, refused_input
from nearpass.ingest.proof import check_usable
from nearpass.record.record import InputRecord


def read_theory(item: ScreenedObject, source: EphemerisSource, setting: Setting) -> Iterator[Ingested | InputRecord]:
    """The motion by the theory that a source names, or the refusal."""
    shown = f"theory {source.theory}"
    try:
        yield _from_theory(item, source, shown, setting)
    except Exception as error:  # noqa: BLE001  # whatever a theory does, it is no reason to lose the others
        yield refused_input(item, source, shown, understood(error).at(object_id=item.id), setting)


def _from_theory(item: ScreenedObject, source: EphemerisSource, shown: str, setting: Setting) -> Ingested:
    target = source.target if source.target is not None else item.naif_id
    if target is None:
        raise InputError("a theory needs target, or the object a naif_id")
    trajectory = moon_trajectory(target, body=setting.body, epoch=setting.cutoff, window_s=(0.0, setting.span_s))
    check_usable(trajectory, setting)
    approximation = trajectory.approximation
    findings = (
        (Finding(rule="approximate", grade=Grade.NOTE, fact=approximation.how),) if approximation is not None else ()
    )
    record = InputRecord(
        object_id=item.id,
        file=shown,
        sha256=None,
        size_bytes=None,
        originator=source.originator,
        format="analytic theory",
        creation=None,
        age_s=None,
        center=setting.body.name,
        axes="ICRF",
        time_system="TDB",
        interpolation=None,
        node_count=None,
        covariance_count=None,
        spans=(setting.window,),
        findings=graded(findings),
        refusal=None,
        retrieval=None,
    )
    radial_km, transverse_km, normal_km = MOONS[target].sigmas_km
    model = DeclaredModel(
        radial_km=radial_km,
        transverse_km=transverse_km,
        normal_km=normal_km,
        timing_s=0.0,
        timing_growth_s_per_day=0.0,
        source=f"the theory's own: {THEORY} against JPL's MAR085 in June 2018",
    )
    return Ingested(object_id=item.id, trajectory=trajectory, inputs=(record,), files={}, declared=model)
