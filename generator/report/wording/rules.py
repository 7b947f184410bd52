"""Alert rules in plain words, as they stand on a cycle's page and as the command prints them."""

from __future__ import annotations

from typing import Final

from nearpass.encounter.alert_rules import AlertRule, PairClass
from nearpass.report.wording import listing
from nearpass.report.wording.units import limit_text

CLASSES: dict[PairClass, str] = {
    "spacecraft": "two spacecraft",
    "moon": "a spacecraft and a moon, or two moons",
    "silent": "pairs with an object whose position along its orbit is unknown",
    "joined": "pairs that fly together for a part of the window",
}


def rule_words(rule: AlertRule) -> str:
    """A rule as a sentence without its full stop: level, name, for whom, and what must hold together."""
    name = f" by “{rule.name}”" if rule.name else " by a rule of the publisher" if rule.name == "" else ""
    return f"{rule.level.capitalize()}{name}{_whom(rule)}: {listing(_conditions(rule))}"


def _whom(rule: AlertRule) -> str:
    parts = []
    if rule.classes:
        parts.append(f" for {listing([CLASSES[kind] for kind in rule.classes])}")
    if rule.pairs:
        parts.append(f" for {listing([_pair(pair) for pair in rule.pairs])} alone")
    if rule.except_pairs:
        parts.append(f" but not for {listing([_pair(pair) for pair in rule.except_pairs])}")
    return ",".join(parts)


def _pair(pair: tuple[str, str]) -> str:
    return " – ".join(pair)


_CONDITIONS: Final = {
    "cad_km": "closest approach below {:g} km",
    "box_rtn_km": "miss below {0[0]:g} km in R, {0[1]:g} km in T and {0[2]:g} km in N",
    "rtn_sigmas": "at most {:g} sigmas along each of R, T and N",
    "b_plane_sigmas": "at most {:g} sigmas from a hit in the B-plane",
    "pc": "probability of collision, or its bound, from {0}",
    "oxd_km": "orbits within {:g} km of each other",
    "oxt_s": "passages at most {:g} s apart",
    "oxt_sigmas": "passages at most {:g} timing sigmas apart",
    "tca_within_h": "at most {:g} h after the data cut-off",
}


def _conditions(rule: AlertRule) -> list[str]:
    given = {key: getattr(rule, key) for key in _CONDITIONS}
    return [
        _CONDITIONS[key].format(limit_text(value) if key == "pc" else value)
        for key, value in given.items()
        if value is not None
    ]
