"""Commands on conjunction data messages: their probability of collision, and a partner's beside ours."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from nearpass.cycle.cdm_compare import encounter_from_cdm
from nearpass.cycle.probability import sensitivities
from nearpass.encounter.geometry import Encounter
from nearpass.encounter.pc import assess_probability
from nearpass.encounter.pc_encounter import PcInput
from nearpass.encounter.pc_result import ProbabilityResult
from nearpass.encounter.pc_span import wider_span
from nearpass.errors import InputError, NearpassError
from nearpass.messages.cdm import Cdm
from nearpass.messages.cdm_read import parse_cdm
from nearpass.report.wording import said

HALF_HOUR_S: Final = 1800.0
SLOW_WARNING: Final = (
    "a slow pair: one passage alone was counted, but the two meet again and again; beside it stands a revolution "
    "before and after TCA. Say the time that matters with --span-h"
)


@click.command()
@click.argument("message", metavar="CDM", type=click.Path(path_type=Path))
@click.option("--hbr-m", type=click.FloatRange(min=0, min_open=True), help="Combined hard-body radius, m.")
@click.option(
    "--span-h",
    type=click.FloatRange(min=0, min_open=True),
    help="Count collisions in so many hours, half before TCA.",
)
@click.option("--monte-carlo", "trials", type=click.IntRange(min=1), help="Simulate this many pairs as well.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the simulation.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
def pc(message: Path, hbr_m: float | None, span_h: float | None, trials: int | None, seed: int, as_json: bool) -> None:
    """Probability of collision of any conjunction data message, by the valid method and by each."""
    try:
        told = encounter_from_cdm(read_message(message))
    except NearpassError as error:
        raise error.at(file=str(message)) from None
    radius_m = hbr_m if hbr_m is not None else told.hbr_m
    if radius_m is None:
        raise InputError("a hard-body radius must be given, by --hbr-m or a COMMENT HBR", file=str(message))
    span_s = None if span_h is None else (-span_h * HALF_HOUR_S, span_h * HALF_HOUR_S)
    given = PcInput(encounter=told.encounter, hbr_km=radius_m / 1000.0, span_s=span_s)
    result = assess_probability(given, every_method=True, trials=trials, seed=seed)
    wider_s = wider_span(given, result)
    wider = assess_probability(replace(given, span_s=wider_s), maximum=False, seed=seed) if wider_s else None
    plain = {
        "tca_utc": result.tca.epoch.iso(),
        "miss_km": result.tca.miss_km,
        "relative_speed_km_s": result.relative_speed_km_s,
        "mahalanobis_distance": result.mahalanobis,
        "hbr_m": radius_m,
        "pc": result.pc,
        "method": result.method,
        "why": said(result.why),
        "span_s": result.span_s,
        "warning": SLOW_WARNING if wider is not None else None,
        "wider": None
        if wider is None
        else {"span_s": wider.span_s, "pc": wider.pc, "method": wider.method, "why": said(wider.why)},
        "methods": {name: found.value for name, found in result.methods.items()},
        "reasons": {name: said(found.reason) for name, found in result.methods.items() if found.reason},
        "max_pc": result.max_pc,
        "max_pc_missing": result.missing if result.max_pc is not None else None,
        "max_pc_sigma_factor": result.max_pc_sigma_factor,
        "in_dilution": result.in_dilution,
        "monte_carlo": _interval(result),
        "sensitivity": _sensitivity(given),
        "notes": list(told.notes),
    }
    click.echo(json.dumps(plain, indent=1) if as_json else _words(told.encounter, plain))


def _interval(result: ProbabilityResult) -> dict[str, float | int] | None:
    simulated = result.monte_carlo
    if simulated is None:
        return None
    return {
        "pc": simulated.pc,
        "low": simulated.low,
        "high": simulated.high,
        "confidence": simulated.confidence,
        "trials": simulated.trials,
    }


def _sensitivity(given: PcInput) -> dict[str, list[list[float]]]:
    """Pc for other sigmas and other radii."""
    by_sigma, by_radius, _ = sensitivities(given)
    return {"sigma_factor": [list(row) for row in by_sigma], "hbr_factor": [list(row) for row in by_radius]}


def _words(encounter: Encounter, plain: dict[str, Any]) -> str:
    lines = [
        (
            f"{encounter.primary.object_id} and {encounter.secondary.object_id}, TCA {plain['tca_utc']} UTC "
            f"about {encounter.frame.center}"
        ),
        (
            f"miss {plain['miss_km']:.6f} km, {plain['relative_speed_km_s']:.6f} km/s, "
            f"hard-body radius {plain['hbr_m']:g} m"
        ),
        f"Pc {_number(plain['pc'])} by {plain['method'] or 'no method'}: {plain['why']}",
    ]
    if plain["span_s"] is not None:
        lines.append(f"counted: collisions {_span(plain['span_s'])} about TCA")
    if plain["wider"] is not None:
        other = plain["wider"]
        lines += [f"WARNING: {plain['warning']}", f"Pc {_number(other['pc'])} {_span(other['span_s'])} about TCA"]
    for name, value in plain["methods"].items():
        reason = plain["reasons"].get(name)
        lines.append(f"  {name:<18} {_number(value)}" + (f"  ({reason})" if reason else ""))
    simulated = plain["monte_carlo"]
    if simulated is not None:
        lines.append(
            f"simulated: between {_number(simulated['low'])} and {_number(simulated['high'])} "
            f"at {simulated['confidence']:.0%}, from {simulated['trials']} pairs"
        )
    if plain["max_pc"] is not None:
        side = {True: "diluted: smaller sigmas raise it", False: "not diluted", None: ""}[plain["in_dilution"]]
        factor = plain["max_pc_sigma_factor"]
        at = f" at {factor:.3g} times the sigmas" if factor is not None else ""
        if plain["max_pc_missing"] in ("primary", "secondary"):
            at = f", a bound for any covariance of the {plain['max_pc_missing']}, which has none"
        lines.append(f"maximum Pc {_number(plain['max_pc'])}{at}  {side}".rstrip())
    if plain["mahalanobis_distance"] is not None:
        lines.append(f"Mahalanobis distance {plain['mahalanobis_distance']:.4g}")
    lines += [f"note: {note}" for note in plain["notes"]]
    return "\n".join(lines)


def _span(span_s: tuple[float, float] | None) -> str:
    return "in no time" if span_s is None else f"from {span_s[0]:+.3f} s to {span_s[1]:+.3f} s"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6e}"


def read_message(path: Path) -> Cdm:
    """A message from a file.

    Raises:
        InputError: if it cannot be read or is none.
    """
    return parse_cdm(content_of(path), str(path))


def content_of(path: Path) -> bytes:
    """Its bytes.

    Raises:
        InputError: if it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"the message must be readable: {error.strerror}", file=str(path)) from None
