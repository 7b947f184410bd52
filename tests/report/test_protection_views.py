"""What an edition says of the protection that it was proven to keep."""

from dataclasses import replace

from nearpass.record.marking import Tlp
from nearpass.record.release_record import EditionRecord, ProtectionRecord
from nearpass.report.protection_views import lines
from records import sample_record


def test_each_object_has_a_sentence_and_the_nameless_one() -> None:
    """A named object by its name; two without a name are not told apart; what is not promised stands at the end."""
    record = sample_record()
    named = record.objects[0]
    protection = tuple(
        ProtectionRecord(object_id=key, promised_km=50.0, among=5, cycles=3) for key in (None, named.id, None)
    )
    edition = EditionRecord(
        id="public", audience="everybody", marking=Tlp.CLEAR, statement=(), register_page=False, protection=protection
    )

    nameless, told, end = lines(replace(record, edition=edition))

    assert nameless.startswith(
        "At least 5 orbits of an anonymous object, 50 km apart, would have given this same edition"
    )
    assert named.name in told
    assert told.endswith("would have given this same edition, and those of the 2 cycles before.")
    assert "may know more" in end
    assert lines(replace(record, edition=replace(edition, protection=()))) == ()
    for cycles, end in ((1, "same edition."), (2, "same edition, and that of the cycle before.")):
        one = (replace(protection[1], cycles=cycles),)
        assert lines(replace(record, edition=replace(edition, protection=one)))[0].endswith(end)
