"""What a reader must know of an object's motion before its numbers: that it is approximate, or where it ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nearpass.reasons.motions import ApproximateReasons
from nearpass.record.record import EndingRecord, ObjectRecord, StretchRecord
from nearpass.report import wording


def remarks(item: ObjectRecord) -> tuple[str, ...]:
    """Sentences about one object; none where its ephemeris was delivered and reaches the end of the window."""
    found = [wording.sentence(f"approximate: {wording.said(item.approximation.how)}")] if item.approximation else []
    return (*found, *([ending(item.ending)] if item.ending else []))


def ending(found: EndingRecord) -> str:
    """Where an ephemeris ends, in a sentence."""
    if found.kind == "not begun":
        return f"Its flight begins on {wording.moment(found.at)}. Nothing is screened before it."
    if found.kind == "declared":
        return (
            f"Its flight ended on {wording.moment(found.at)}, as the publisher declares. Nothing is screened after it."
        )
    where = {
        "on the surface": "with the object on the surface",
        "descending": f"in descent at an altitude of {wording.number(found.altitude_km, 0)} km: entry or landing",
        "in flight": f"in flight at an altitude of {wording.number(found.altitude_km, 0)} km",
    }[found.kind]
    return f"The ephemeris ends on {wording.moment(found.at)}, {where}. Nothing is screened after it."


def remarks_of(items: Iterable[ObjectRecord]) -> tuple[str, ...]:
    """Remarks on several objects, each sentence with the object's id before it."""
    return tuple(f"{item.id}: {line}" for item in items for line in remarks(item))


def short(item: ObjectRecord) -> str | None:
    """One or two words for a table; None where there is nothing to remark."""
    if item.approximation is not None:
        return {
            "theory": "analytic theory", "secular J2": "extended by J2 drift", "one state": "from one state",
        }[item.approximation.kind]  # fmt: skip
    if item.ending is not None and item.ending.kind in {"declared", "not begun"}:
        return "flight ended" if item.ending.kind == "declared" else "not yet flying"
    if item.ending is not None and item.ending.kind != "in flight":
        return f"ends {item.ending.kind}" if item.ending.kind == "on the surface" else "ends in descent"
    return None


def approximations(reasons: Iterable[ApproximateReasons]) -> str | None:
    """One sentence for a table of events or crossings: whose motion is approximate; None where nobody's is."""
    named: Sequence[str] = list(dict.fromkeys(wording.said(one) for several in reasons for one in several))
    return f"Approximate: {'; '.join(named)}." if named else None


def stretch_risk(stretch: StretchRecord) -> str:
    """Between what the probability of contact over a stretch lies, or why there is none; empty where it is withheld."""
    if stretch.no_pc is not None:
        return f"No probability of contact is given: {wording.NO_STRETCH_PC[stretch.no_pc]}."
    if stretch.least_pc is None or stretch.most_pc is None:
        return ""
    if stretch.most_pc < wording.LEAST_PROBABILITY:
        return f"Probability of contact in that time: {wording.probability(stretch.most_pc)}."
    least, most = wording.probability(stretch.least_pc), wording.probability(stretch.most_pc)
    between = f"between {least} and {most}, whatever their errors share over the time" if least != most else most
    return f"Probability of contact in that time: {between}."
