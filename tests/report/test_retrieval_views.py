"""What the pages say of retrieval and of declared uncertainty."""

from dataclasses import replace

from nearpass.astro.epochs import Epoch
from nearpass.record.record import RetrievalRecord
from nearpass.report.cycle_views import inputs_line
from nearpass.report.retrieval_views import failure_words, origin_words, uncertainty_fact
from records import DECLARED, sample_record

RECORD = sample_record()
AT = Epoch.parse("2021-03-14T06:30:20")
GOOD = RetrievalRecord(origin="https://a.example/x.oem", at=AT, confirmed=AT, attempted=None, failure=None)


def test_where_a_delivery_came_from() -> None:
    """The sentence names file, address and time, and when it was last known to be the newest."""
    entry = replace(RECORD.inputs[0], file="a.oem", retrieval=GOOD)
    later = replace(entry, retrieval=replace(GOOD, confirmed=AT + 7200.0))

    assert origin_words([entry]) == ("a.oem: Retrieved from https://a.example/x.oem at 2021-03-14 06:30 UTC.",)
    assert origin_words([later])[0].endswith("; still the newest at 2021-03-14 08:30 UTC.")
    assert origin_words([replace(entry, retrieval=None)]) == ()
    assert failure_words([entry]) == ()


def test_a_failed_attempt_is_told() -> None:
    """The last good delivery is said to stay in use, and where there is none, that there is none."""
    failed = replace(GOOD, attempted=AT + 3600.0, failure="the host must answer")
    entry = replace(RECORD.inputs[0], file="a.oem", retrieval=failed)
    never = replace(entry, retrieval=replace(failed, origin=None, at=None, confirmed=None))

    (words,) = failure_words([entry, entry])
    assert words.startswith("Retrieval failed at 2021-03-14 07:30 UTC: the host must answer.")
    assert words.endswith("The last good delivery, a.oem, stays.")
    assert failure_words([never])[0].endswith("There is no earlier delivery.")
    assert f"{entry.object_id}: {words}" in inputs_line(replace(RECORD, inputs=(entry, *RECORD.inputs[1:])))


def test_declared_is_not_delivered() -> None:
    """A declared model is called so with its figures and source; a delivered covariance and neither are told apart."""
    item = replace(RECORD.objects[0], declared=DECLARED)
    bare = replace(RECORD.inputs[0], covariance_count=0)
    full = replace(RECORD.inputs[0], covariance_count=29)
    fact = uncertainty_fact(item, [bare])

    assert fact.value == "declared by the publisher, not delivered"
    assert fact.note == (
        "one sigma R 0.1, T 0.3, N 0.1 km; timing 0.1 s, growing by 0.42 s a day of age. "
        "timing error as published of Odyssey"
    )
    assert uncertainty_fact(item, [full]).value.startswith("delivered with the ephemeris; where it is not, declared")
    assert uncertainty_fact(replace(item, declared=None), [full]).value == "delivered with the ephemeris"
    assert uncertainty_fact(replace(item, declared=None), [bare]).value == "none: neither delivered nor declared"
