"""The command that asks what a burn would do: screened like the cycle, and nothing of it is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from nearpass.archive.archive import Archive
from nearpass.astro.epochs import Epoch
from nearpass.commands.shared import Bars, EpochParameter, config_option
from nearpass.config import load_config
from nearpass.cycle.whatif import WhatIf, what_if
from nearpass.errors import InputError
from nearpass.messages.compression import decompressed
from nearpass.messages.manoeuvres import Manoeuvre
from nearpass.messages.oem import planned_manoeuvres
from nearpass.messages.opm import parse_opm
from nearpass.publish import Workspace
from nearpass.record.event_record import EventRecord
from nearpass.record.solution_record import SolutionEvent
from nearpass.report.wording import probability, said

SCHEMA: Final = 1
MOST_M_S: Final = 10_000.0
BY_BURNS: Final = (
    "after each burn the delivered motion plus what the burn changes under the gravity of {body} and its J2; what else "
    "acts is taken as on the delivered path; covariances as delivered, without an error of the burn"
)
BY_EPHEMERIS: Final = "the motion of the given ephemeris, its covariances as it states them"
_EFFECTS: Final = ("appears", "worse", "vanishes", "better", "uncovered")


class _Vector(click.ParamType[tuple[float, float, float]]):
    """Three numbers with commas between them."""

    name = "R,T,N"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float, float]:
        """Read a change of velocity along R, T and N in m/s from the option's text."""
        try:
            x, y, z = (float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} must be three numbers in m/s, as 0,0.4,0", param, ctx)
        if not all(abs(part) < MOST_M_S for part in (x, y, z)):
            self.fail(f"{value!r} must be below {MOST_M_S:g} m/s", param, ctx)
        return x, y, z


@click.command("whatif")
@click.option("--object", "object_id", required=True, metavar="ID", help="Who would fly otherwise.")
@click.option("--at", "at", type=EpochParameter(), help="When a burn is made at once, ISO 8601 in UTC.")
@click.option("--rtn", type=_Vector(), help="Its velocity change along R, T and N, in m/s: 0,0.4,0.")
@click.option("--opm", type=click.Path(path_type=Path), help="Burns by the manoeuvres of an OPM, instead of --at.")
@click.option("--ocm", type=click.Path(path_type=Path), help="Burns by the manoeuvre blocks of an OCM.")
@click.option("--ephemeris", type=click.Path(path_type=Path), help="A planned ephemeris, instead of burns.")
@click.option("--cycle", "cycle_id", metavar="CYCLE", help="The archived cycle; the newest.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@config_option
def whatif(
    object_id: str,
    at: Epoch | None,
    rtn: tuple[float, float, float] | None,
    opm: Path | None,
    ocm: Path | None,
    ephemeris: Path | None,
    cycle_id: str | None,
    *,
    as_json: bool,
    config_path: Path,
) -> None:
    """Which approaches of a cycle vanish, worsen or appear with a burn; nothing is archived or published.

    Miss, Pc and level of each approach are told before and after. Burns are added to the delivered motion, so that
    the answer is approximate, and says by which motion.
    """
    load_config(config_path)
    workspace = Workspace(directory=config_path.parent)
    archive = Archive(workspace.archive)
    record = archive.load(cycle_id or archive.newest_id())
    burns = _burns(at, rtn, opm, ocm, ephemeris)
    motion = burns or ephemeris
    if motion is None:
        raise click.UsageError("name --at with --rtn, --opm, --ocm or --ephemeris, and one of them only")
    with Bars() as bars:
        found = what_if(archive, record, workspace.directory, object_id, motion, bars.stage)
    how = BY_BURNS.format(body=record.body.name.capitalize()) if burns else BY_EPHEMERIS
    guessed = {one.id: said(one.approximation.how) for one in record.objects if one.approximation is not None}
    if as_json:
        click.echo(json.dumps(_plain(found, burns, ephemeris, how) | {"approximate_objects": guessed}))
    else:
        click.echo("\n".join(_lines(found, burns, ephemeris, how, guessed, record.thresholds.limit_km)))


def _burns(
    at: Epoch | None, rtn: tuple[float, float, float] | None, opm: Path | None, ocm: Path | None, ephemeris: Path | None
) -> tuple[Manoeuvre, ...]:
    """The burns that were asked for; none with an ephemeris."""
    if (at is None) != (rtn is None):
        raise click.UsageError("--at and --rtn go together: when, and how much in m/s")
    if sum(one is not None for one in (at, opm, ocm, ephemeris)) > 1:
        raise click.UsageError("name one of --at, --opm, --ocm and --ephemeris")
    if at is not None and rtn is not None:
        x, y, z = (part / 1000.0 for part in rtn)
        return (Manoeuvre(ignition=at, duration_s=0.0, frame="RTN", dv_km_s=(x, y, z), line=1),)
    file = opm or ocm
    if file is None:
        return ()
    try:
        data = decompressed(file.read_bytes(), str(file))
    except OSError as error:
        raise InputError(f"the file must be readable: {error.strerror}", file=str(file)) from None
    found = parse_opm(data, str(file)).manoeuvres if opm else planned_manoeuvres(data, str(file))
    if not found:
        raise InputError("the message must hold a manoeuvre; a planned ephemeris goes with --ephemeris", file=str(file))
    return found


def _lines(
    found: WhatIf,
    burns: Sequence[Manoeuvre],
    ephemeris: Path | None,
    how: str,
    guessed: Mapping[str, str],
    limit_km: float,
) -> Iterator[str]:
    """The answer as a text: what it rests on, a table of what changes, and how many stay."""
    window = f"{found.window.start.iso(digits=0)} to {found.window.stop.iso(digits=0)} UTC"
    yield f"{found.object_id} in cycle {found.cycle_id}, {window}"
    for one in burns:
        size = ", ".join(f"{part * 1000.0:+.6g}" for part in one.dv_km_s)
        yield f"burn at {one.instant.iso(digits=3)} UTC: {size} m/s in {one.frame}"
    if ephemeris is not None:
        yield f"ephemeris {ephemeris}"
    yield f"approximate: {how}" if burns else how
    yield from (f"{object_id} itself was not delivered in full: {words}" for object_id, words in guessed.items())
    if not found.covered or found.covered[-1].stop < found.window.stop:
        spans = ", ".join(f"{span.start.iso(digits=0)} to {span.stop.iso(digits=0)}" for span in found.covered)
        yield f"known only {spans or 'nowhere in the window'}"
    if found.unscreened:
        yield f"{found.unscreened} approaches to catalogued objects were not screened"
    told = sorted(
        (pair for pair in found.rows if pair[1].effect != "same"), key=lambda pair: _EFFECTS.index(pair[1].effect)
    )
    for before, after in told:
        yield _line(before, after, limit_km)
    same = len(found.rows) - len(told)
    yield f"{same} of {len(found.rows)} approaches stay as they are" if found.rows else f"none below {limit_km:g} km"


def _line(before: EventRecord | None, after: SolutionEvent, limit_km: float) -> str:
    """One approach before and after."""
    none = "not known" if after.effect == "uncovered" else f"above {limit_km:g} km"
    miss = [f"{one.miss_km:.3f} km" if one and one.miss_km is not None else none for one in (before, after)]
    pc = [probability(before.probability.pc) if before else "–", probability(after.pc)]
    level = [one.level.value if one and one.level else "–" for one in (before, after)]
    moment = after.tca or (before.tca if before else None)
    return (
        f"{after.effect:<9} {after.event_id or 'new':<11} {after.primary} – {after.secondary}  "
        f"TCA {moment.iso(digits=3) if moment else '–'}  miss {miss[0]} -> {miss[1]}  Pc {pc[0]} -> {pc[1]}  "
        f"level {level[0]} -> {level[1]}"
    )


def _plain(found: WhatIf, burns: Sequence[Manoeuvre], ephemeris: Path | None, how: str) -> dict[str, Any]:
    """The answer for machines."""
    return {
        "schema": SCHEMA,
        "object": found.object_id,
        "cycle_id": found.cycle_id,
        "window_utc": [_utc(found.window.start), _utc(found.window.stop)],
        "burns": [
            {"at_utc": _utc(one.instant), "frame": one.frame, "dv_m_s": [part * 1000.0 for part in one.dv_km_s]}
            for one in burns
        ],
        "ephemeris": str(ephemeris) if ephemeris is not None else None,
        "approximate": bool(burns),
        "motion": how,
        "covered_utc": [[_utc(span.start), _utc(span.stop)] for span in found.covered],
        "unscreened": found.unscreened,
        "events": [
            {
                "effect": after.effect,
                "event_id": after.event_id,
                "primary": after.primary,
                "secondary": after.secondary,
                "before": None if before is None else {
                    "tca_utc": _utc(before.tca),
                    "miss_km": before.miss_km,
                    "pc": before.probability.pc,
                    "level": before.level.value,
                },
                "after": None if after.tca is None else {
                    "tca_utc": _utc(after.tca),
                    "miss_km": after.miss_km,
                    "pc": after.pc,
                    "level": after.level.value if after.level else None,
                    "reason": said(after.reason) if after.reason else None,
                },
            }
            for before, after in found.rows
        ],
    }  # fmt: skip


def _utc(epoch: Epoch) -> str:
    return f"{epoch.iso(digits=6)}Z"
