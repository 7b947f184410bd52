"""How old the inputs are, as the front page tells it."""

from dataclasses import replace

from nearpass.astro.epochs import DAY_S
from nearpass.record.record import CycleRecord
from nearpass.report import age_views
from nearpass.report.cycle_views import inputs_line
from records import sample_record

RECORD = sample_record()
IN_USE = {entry.object_id: entry for entry in RECORD.inputs if entry.refusal is None}


def _with_ages(ages_s: dict[str, float | None]) -> CycleRecord:
    """The sample with one age for all deliveries but these."""
    inputs = tuple(
        replace(entry, age_s=ages_s.get(entry.object_id, 3600.0)) for entry in RECORD.inputs if entry.refusal is None
    )
    return replace(RECORD, inputs=inputs)


def test_the_oldest_input_is_one_of_an_object_that_is_flown() -> None:
    """A moon's theory or kernel and the last orbit of a silent craft are as old as they are: nobody delivers them."""
    flown = [item.id for item in RECORD.objects if item.kind == "spacecraft" and item.phase == "known"]
    others = {item.id: 1000 * DAY_S for item in RECORD.objects if item.id not in flown}
    craft = next(key for key in flown if key in IN_USE)
    record = _with_ages({**others, craft: 9 * DAY_S})
    found = age_views.oldest(record)

    assert others
    assert found is not None
    assert found.object_id == craft
    assert f"the oldest 9 d old ({craft})" in inputs_line(record)[0].replace("\u00a0", " ")


def test_what_has_no_age_is_named() -> None:
    """A delivery without an age is told, and that its declared growth is unknown."""
    item = next(item for item in RECORD.objects if item.declared is not None and item.id in IN_USE)
    growing = replace(item, declared=replace(item.declared, timing_growth_s_per_day=0.5)) if item.declared else item
    record = _with_ages({item.id: None})
    record = replace(record, objects=tuple(growing if one.id == item.id else one for one in record.objects))
    text = " ".join(inputs_line(record))

    assert f"No age is known of the ephemeris of {item.id}." in text
    assert "Growth unknown: no age" in text
    assert age_views.growth_unknown(item.id, record)


def test_who_dates_a_delivery_stands_beside_the_date() -> None:
    """A date that is not the file's own is marked."""
    entry = next(entry for entry in RECORD.inputs if entry.creation is not None)

    assert age_views.created_cell(replace(entry, creation_basis="first seen")).text.endswith("(first seen here)")
    assert "(" not in age_views.created_cell(replace(entry, creation_basis="file")).text
