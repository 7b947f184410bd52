"""A record whose every free text tries to break the page it lands on."""

from __future__ import annotations

from dataclasses import replace

from nearpass.reasons.general import Prose
from nearpass.record.record import CycleRecord
from records import sample_record

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=x> </div></td> *x* [a](b) `c` {{ 7*7 }} {% raw %} \"'&amp; "
    "---\n\n# no heading\n\n    no code\n\x02wzxhzdk:0\x03 \u202etxt.exe"
)

PROSE = Prose(text=HOSTILE)


def hostile_record() -> CycleRecord:
    """The sample cycle with hostile names, operators, notes, file names, reasons, notice and configuration."""
    record = sample_record()
    return replace(
        record,
        title=f"Title {HOSTILE}",
        publisher=HOSTILE,
        notice=f"Synthetic data for tests: not a statement about any spacecraft. {HOSTILE}",
        objects=tuple(
            replace(item, name=f"{item.id} {HOSTILE}", operator=HOSTILE, note=HOSTILE) for item in record.objects
        ),
        inputs=tuple(
            replace(
                item, file=HOSTILE, originator=HOSTILE, format=HOSTILE, axes=HOSTILE, interpolation=HOSTILE,
                refusal=HOSTILE if item.refusal else None,
            )
            for item in record.inputs
        ),
        pairs=tuple(
            replace(
                pair, unscreened=(PROSE,) if pair.unscreened else None,
                uncovered=tuple(replace(span, reason=(PROSE,)) for span in pair.uncovered),
            )
            for pair in record.pairs
        ),
        events=tuple(
            replace(
                event, reason=(PROSE,), uncertainty=tuple(replace(item, source=PROSE) for item in event.uncertainty),
                probability=replace(
                    event.probability, why=(PROSE,), method=event.probability.method and HOSTILE,
                    methods=tuple(replace(item, name=HOSTILE, reason=PROSE) for item in event.probability.methods),
                ),
            )
            for event in record.events
        ),
        crossings=tuple(replace(crossing, reason=(PROSE,)) for crossing in record.crossings),
        changes=tuple(replace(change, reason=PROSE) for change in record.changes),
        provenance=replace(
            record.provenance, configuration=HOSTILE, command=HOSTILE, planetary_ephemeris=HOSTILE,
            packages=((HOSTILE, HOSTILE),),
        ),
    )  # fmt: skip
