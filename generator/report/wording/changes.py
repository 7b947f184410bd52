"""English for what was not screened, what changed since the previous cycle, and what another solution changes."""

from __future__ import annotations

from typing import Final

from nearpass.reasons import changes, coverage
from nearpass.report.wording.units import Text

PHASE_UNKNOWN: Final = "position along the orbit unknown: only crossings of the orbits are meaningful"


def _life(reason: coverage.LifeEnded) -> str:
    if reason.how == "not begun":
        return "{object_id}: its flight begins on {at:instant} UTC"
    how = {"on the surface": ", on the surface", "descending": ", in descent", "declared": ", as declared"}
    return "{object_id}: its flight ended on {at:instant} UTC" + how.get(reason.how, "")


def _moved(reason: changes.MissMoved) -> str:
    moved, sigmas = "miss distance {previous_km:distance} became {value_km:distance}", sigmas_moved(reason)
    return f"{moved} ({sigmas})" if sigmas else moved


def sigmas_moved(reason: changes.MissMoved) -> str | None:
    """By how many of the sigmas that the previous cycle gave, if it gave any."""
    if not reason.previous_sigma_km:
        return None
    return f"{abs(reason.value_km - reason.previous_km) / reason.previous_sigma_km:.1f} sigma of the previous estimate"


_DOUBTED: Final = (
    " by a doubtful delivery of {object_ids:and}, {sigmas:.1f} sigmas from the one before: miss distance "
    "{previous_km:distance} became {value_km:distance or unknown}{kept:; the level stays until the next delivery "
    "confirms|}"
)

TEXTS: Final[dict[str, Text]] = {
    "phase_unknown": lambda reason: "{object_id}: " + PHASE_UNKNOWN if reason.object_id else PHASE_UNKNOWN,
    "no_usable_ephemeris": "{object_id}: no usable ephemeris",
    "life_ended": _life,
    # The object alone: several are one statement, ``no ephemeris of A and B``.
    "uncovered": lambda reason: "{object_id} ({ended} when its ephemeris ended)" if reason.ended else "{object_id}",
    "no_overlap_in_window": "the two ephemerides do not overlap inside the window",
    "no_overlap": "the ephemerides do not overlap",
    "solution_unusable": "no delivery of it could be used",
    "not_computed": "it could not be computed; the front page says why",
    "told_now": "it was listed before, but not among the approaches shown in full",
    "told_no_longer": "it is still listed, but no longer among the approaches shown in full",
    "window_reaches": "the window now reaches its time",
    "window_ends_before": "its time lies after the end of this cycle's window",
    "pair_is_new": "the pair was not part of the previous cycle",
    "pair_left": "the pair is no longer part of the configuration",
    "flies_together": "the two fly together then, which is listed as one stretch of time",
    "passed": "its time of closest approach lies before this cycle's data cut-off",
    "came_below": "the approach came below the listing limit of {limit_km:g} km",
    "came_back_below": "the approach came back below the listing limit of {limit_km:g} km",
    "stays_above": "by the newer ephemerides the pair stays above {limit_km:g} km then",
    "newer_elements_stay_above": "the newer element sets give no approach of the pair below {limit_km:g} km then",
    "older_elements_stayed_above": "the older element sets gave no approach of the pair below {limit_km:g} km then",
    "miss_moved": _moved,
    "pair_unscreened": "the pair is no longer screened: {because:said}",
    "time_uncovered": "the pair is no longer covered at that time: {because:said}",
    "gone_by_doubtful": "gone" + _DOUBTED,
    "better_by_doubtful": "better" + _DOUBTED,
    "in_general": lambda reason: {
        "new": "it was not in the previous cycle",
        "worse": "the level was raised or the distance fell",
        "better": "the level was lowered or the distance grew",
        "passed": "its time has passed",
        "gone": "it is no longer listed",
    }[reason.kind],
    "solution_moves": lambda reason: (
        "miss distance {nominal_km:distance} becomes {value_km:distance}, TCA {tca_shift_s:+.1f} s"
        + ("; {nominal_level} becomes {level}" if reason.level else "")
    ),
    "nominal_stays_above": "the nominal solutions stay above {limit_km:g} km then",
    "solution_stays_above": "the pair stays above {limit_km:g} km then",
    "solution_uncovered": "the solution's ephemeris does not cover that time",
}
