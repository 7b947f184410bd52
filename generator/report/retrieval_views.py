"""From where and when a delivery was retrieved, and whose word its uncertainty is, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nearpass.record.record import InputRecord, ObjectRecord
from nearpass.report import wording
from nearpass.report.views import Fact


def origin_words(inputs: Sequence[InputRecord]) -> tuple[str, ...]:
    """A sentence for each input that was retrieved: from where, when, and when it was last known to be the newest."""
    return tuple(dict.fromkeys(words for entry in inputs for words in _origin(entry)))


def failure_words(inputs: Sequence[InputRecord]) -> tuple[str, ...]:
    """A sentence for each source whose last attempt failed, and what is used instead; each once."""
    return tuple(dict.fromkeys(words for entry in inputs for words in _failure(entry)))


def _origin(entry: InputRecord) -> Iterator[str]:
    found = entry.retrieval
    if found is None or found.origin is None or found.at is None:
        return
    later = found.confirmed is not None and found.confirmed != found.at
    since = f"; still the newest at {wording.minute(found.confirmed)} UTC" if later and found.confirmed else ""
    yield f"{entry.file}: Retrieved from {found.origin} at {wording.minute(found.at)} UTC{since}."


def _failure(entry: InputRecord) -> Iterator[str]:
    found = entry.retrieval
    if found is None or found.failure is None or found.attempted is None:
        return
    kept = (
        f"The last good delivery, {entry.file}, stays" if found.origin is not None else "There is no earlier delivery"
    )
    yield f"Retrieval failed at {wording.minute(found.attempted)} UTC: {found.failure}. {kept}."


def uncertainty_fact(item: ObjectRecord, inputs: Sequence[InputRecord]) -> Fact:
    """Whether the uncertainty of an object's predictions is delivered, declared, or neither."""
    if item.shown != "full" or "covariances" in item.withheld:
        return Fact(label="Uncertainty", value=wording.WITHHELD)
    delivered = any(entry.refusal is None and entry.covariance_count for entry in inputs)
    model = item.declared
    if model is None and item.learned is not None and not delivered:
        return Fact(label="Uncertainty", value="learned from earlier predictions; none is declared")
    if model is None:
        value = "delivered with the ephemeris" if delivered else "none: neither delivered nor declared"
        return Fact(label="Uncertainty", value=value)
    value = "declared by the publisher, not delivered"
    used = next((entry for entry in inputs if entry.refusal is None), None)
    if not delivered and used is not None and used.age_s is None and model.timing_growth_s_per_day > 0.0:
        value = "growth unknown: no age, so that the declared model gives none"
    if item.learned is not None:
        value = "learned from earlier predictions; the declared model is given beside it"
    if delivered:
        value = "delivered with the ephemeris; where it is not, declared by the publisher"
    sigmas = ", ".join(
        f"{axis} {wording.plain(sigma_km)}"
        for axis, sigma_km in (("R", model.radial_km), ("T", model.transverse_km), ("N", model.normal_km))
    )
    growth = f"{wording.plain(model.timing_growth_s_per_day)} s a day of age"
    note = f"one sigma {sigmas} km; timing {wording.plain(model.timing_s)} s, growing by {growth}. {model.source}"
    return Fact(label="Uncertainty", value=value, note=note)
