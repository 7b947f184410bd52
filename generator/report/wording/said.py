"""The one door from reasons to English: :func:`said`, by one table of sentences whose keys are the reasons' codes.

A sentence names fields of its reason in braces, behind a colon how each is printed: a format, one of ``_WAYS``,
``count`` with a noun, ``each`` with a format, or what a choice reads like if it is true and, behind a bar, if not.
Where one sentence does not do, the table holds a function from the reason to the sentence, still with its braces:
a number may stand there already, a text from a delivery never.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from string import Formatter
from typing import Any, Final

from nearpass.report.wording import changes, findings, levels, motions, probabilities
from nearpass.report.wording.units import (
    Text,
    count_text,
    distance_words,
    duration_text,
    length_text,
    limit_text,
    number_text,
    probability,
    short_powers,
    speed_text,
)


def said(reason: Any) -> str:
    """A reason in English, as the inside of a sentence: no capital, no full stop.

    Several reasons that hold together are given as a tuple and said one after the other, parted by semicolons.

    Args:
        reason: A record of :mod:`nearpass.reasons`, or a tuple of them.

    Raises:
        KeyError: for anything else.
    """
    return _several(reason) if isinstance(reason, tuple) else _filled(TEXTS[reason.rule], reason)


def measured(fact: Any) -> str:
    """The value that a rule found in a delivery, with its unit; empty where there is none."""
    return _filled(findings.VALUES.get(type(fact), ""), fact)


def _several(reasons: Sequence[Any]) -> str:
    text = ""
    for rule, alike in groupby(reasons, key=lambda reason: reason.rule):
        between = ": " if rule in probabilities.INSTEAD else "; "
        each = [said(reason) for reason in alike]
        # Two objects without a state are one statement.
        text += (between if text else "") + (
            f"no ephemeris of {' and '.join(each)}" if rule == "uncovered" else between.join(each)
        )
    return text


def _filled(text: Text, reason: Any) -> str:
    return _SENTENCE.vformat(text if isinstance(text, str) else text(reason), (reason,), {})


class _Sentence(Formatter):
    def get_value(self, key: int | str, args: Sequence[Any], _: Mapping[str, Any]) -> Any:
        return getattr(args[0], str(key))

    def format_field(self, value: Any, format_spec: str) -> str:
        way, _, rest = format_spec.partition(" ")
        if "|" in format_spec:
            return format_spec.split("|")[0 if value else 1]
        if way == "count":
            return count_text(value, rest)
        if way == "each":
            return ", ".join(number_text(one, rest) for one in value)
        return _WAYS[format_spec](value) if format_spec in _WAYS else number_text(value, format_spec)


_SENTENCE: Final = _Sentence()


def _sigmas(value: float | Sequence[float]) -> str:
    if isinstance(value, float):
        return f"{value:.1f}" if value < 100.0 else f"{value:.0f}"
    return ", ".join(_sigmas(one) for one in value)


def _plane(plane: Any) -> str:
    return f"inclination {plane.inclination_deg:.2f}°, node {plane.node_deg:.1f}°"


_WAYS: Final[dict[str, Callable[[Any], str]]] = {
    "said": said,
    "conditions": lambda conditions: ", and ".join(said(condition) for condition in conditions),
    "rule": lambda name: f"the rule “{name}”" if name else "a rule of the publisher",
    "prose": short_powers,
    "and": " and ".join,
    "commas": ", ".join,
    "axes": lambda axes: ", ".join(f"{name}, read as {meaning}" if meaning else name for name, meaning in axes),
    "planes": lambda fits: ", or in ".join(f"{name} axes ({_plane(plane)})" for name, plane in fits),
    "sentences": lambda notes: " ".join(f"{note[:1].upper()}{note[1:]}." for note in notes),
    "box": lambda limits: " × ".join(f"{limit:g}" for limit in limits),
    "sigmas": _sigmas,
    "probability": probability,
    "limit": limit_text,
    "distance": distance_words,
    "distance or unknown": lambda value_km: "an unknown distance" if value_km is None else distance_words(value_km),
    "duration": duration_text,
    "length": length_text,
    "speed": speed_text,
    "instant": lambda epoch: epoch.iso(digits=0),
    "second": lambda epoch: epoch.iso(digits=0).replace("T", " "),
    "minute": lambda epoch: epoch.iso(digits=0)[:16].replace("T", " "),
}

TEXTS: Final[dict[str, Text]] = {
    "prose": "{text:prose}",
    "figures_withheld": "it meets a threshold of this level; values withheld",
    "probability_withheld": "it is withheld in this edition",
    "figures_rounded": "rounded for this edition",
    "reason_withheld": "the reason is withheld in this edition",
    **findings.TEXTS,
    **levels.TEXTS,
    **changes.TEXTS,
    **motions.TEXTS,
    **probabilities.TEXTS,
}
