"""Objects whose stated errors their own record refutes, in sentences for the front page."""

from __future__ import annotations

import math

from nearpass.record.realism import BIAS_SIGMAS, Realism, realism
from nearpass.record.record import CycleRecord, ObjectRecord
from nearpass.report import wording


def lines(record: CycleRecord) -> tuple[str, ...]:
    """One sentence for each object of which what was stated is off by more than a factor of two."""
    found = ((item, realism(item.prediction_errors, item.declared)) for item in record.objects)
    return tuple(_line(item, judged) for item, judged in found if judged is not None and judged.refuted)


def _line(item: ObjectRecord, found: Realism) -> str:
    ratio, what = (
        (found.ratio, "the declared model") if found.ratio is not None else (found.delivered_ratio, "its covariances")
    )
    off = _times(ratio or 1.0)
    bias = ""
    if found.bias_sigmas > BIAS_SIGMAS:
        side = "late" if found.bias_s > 0.0 else "early"
        size = f"{found.bias_sigmas:.1f} standard errors" if math.isfinite(found.bias_sigmas) else "every time"
        bias = f" On average it was predicted {abs(found.bias_s):.2f} s too {side} ({size})."
    return (
        f"{item.id}: earlier predictions refute {what}: errors {off} stated, over "
        f"{wording.count(found.count, 'independent comparison')}; they fit a timing of {found.timing_s:.2f} s that "
        f"grows by {found.timing_growth_s_per_day:.3f} s a day.{bias}"
    )


def _times(ratio: float) -> str:
    return f"{ratio:.1f} times as large as" if ratio > 1.0 else f"{1.0 / max(ratio, 1e-9):.1f} times smaller than"
