"""English for what holds of any reason: several together, withheld, or stored as prose by an earlier schema."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from nearpass.reasons.coverage import NoState
from nearpass.reasons.general import Prose, Withheld
from nearpass.report.wording.probabilities import INSTEAD
from nearpass.report.wording.said import said
from nearpass.report.wording.units import short_powers


@said.register
def _(reason: tuple) -> str:  # type: ignore[type-arg]  # singledispatch takes no type arguments
    text = ""
    for kind, alike in groupby(reason, key=type):
        between = ": " if kind in INSTEAD else "; "
        text += (between if text else "") + between.join(_parts(kind, tuple(alike)))
    return text


def _parts(kind: type, alike: tuple[Any, ...]) -> tuple[str, ...]:
    """Reasons of one kind in a row; two objects without a state are one statement."""
    each = tuple(said(reason) for reason in alike)
    return (f"no ephemeris of {' and '.join(each)}",) if kind is NoState else each


@said.register
def _(reason: Prose) -> str:
    return short_powers(reason.text)


@said.register
def _(reason: Withheld) -> str:
    return {
        "figures_withheld": "it meets a threshold of this level; values withheld",
        "probability_withheld": "it is withheld in this edition",
        "figures_rounded": "rounded for this edition",
        "reason_withheld": "the reason is withheld in this edition",
    }[reason.rule]
