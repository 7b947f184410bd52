"""Alert rules in plain words, as they stand on a cycle's page and as the command prints them."""

from __future__ import annotations

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


def _conditions(rule: AlertRule) -> list[str]:
    found = []
    if rule.cad_km is not None:
        found.append(f"closest approach below {rule.cad_km:g} km")
    if rule.box_rtn_km is not None:
        r, t, n = rule.box_rtn_km
        found.append(f"miss below {r:g} km in R, {t:g} km in T and {n:g} km in N")
    if rule.rtn_sigmas is not None:
        found.append(f"at most {rule.rtn_sigmas:g} sigmas along each of R, T and N")
    if rule.b_plane_sigmas is not None:
        found.append(f"at most {rule.b_plane_sigmas:g} sigmas from a hit in the B-plane")
    if rule.pc is not None:
        found.append(f"probability of collision, or its bound, from {limit_text(rule.pc)}")
    if rule.oxd_km is not None:
        found.append(f"orbits within {rule.oxd_km:g} km of each other")
    if rule.oxt_s is not None:
        found.append(f"passages at most {rule.oxt_s:g} s apart")
    if rule.oxt_sigmas is not None:
        found.append(f"passages at most {rule.oxt_sigmas:g} timing sigmas apart")
    if rule.tca_within_h is not None:
        found.append(f"at most {rule.tca_within_h:g} h after the data cut-off")
    return found
