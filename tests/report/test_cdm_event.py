"""The message that an event becomes."""

from dataclasses import replace

import erfa
import numpy as np
import pytest

from nearpass.astro.local_axes import rtn_axes
from nearpass.cycle.cdm_compare import encounter_from_cdm
from nearpass.encounter.uncertainty import Basis
from nearpass.messages.cdm_read import parse_cdm
from nearpass.messages.cdm_write import check_written, write_cdm_kvn, write_cdm_xml
from nearpass.reasons.general import Prose
from nearpass.reasons.probabilities import CovarianceDelivered
from nearpass.record.event_record import UncertaintyRecord
from nearpass.report.cdm_event import event_cdm, message_id
from records import HOSTILE_NAME, NO_PROBABILITY, sample_record

FRAME_BIAS_MODELS_KM = 1e-6
"""IAU 2000 and IAU 2006 place the equinox of J2000.0 under 0.1 mas apart, 0.1 mm at 10,000 km; a millimetre in all."""
ROUNDING_M = 2e-6
"""Positions are written to a micrometre."""
ROUNDING_M_S = 2e-9
"""Velocities are written to a nanometre a second."""
RED = next(event for event in sample_record().events if event.level == "red")


def uncertainty(object_id, sigmas, basis=Basis.DELIVERED) -> UncertaintyRecord:
    """Sigmas in km and km/s, uncorrelated."""
    return UncertaintyRecord(
        object_id=object_id,
        basis=basis,
        source=CovarianceDelivered(file="mro.oem"),
        remark=(),
        sigma_rtn_km=tuple(sigmas[:3]),
        timing_s=sigmas[1] / 3.4,
        covariance_rtn=tuple(map(tuple, np.diag(np.square(sigmas)).tolist())),
    )


def message(event=RED, record=None):
    return event_cdm(record or sample_record(), event)


def test_states_are_rotated_by_the_frame_bias() -> None:
    """ERFA's bias matrix takes the record's ICRF states to the EME2000 states of the message, 0.1 m away."""
    bias = erfa.bp00(2_451_545.0, 0.0)[0]
    cdm = message()

    for one, position_km, velocity_km_s in (
        (cdm.object1, RED.primary_position_km, RED.primary_velocity_km_s),
        (cdm.object2, RED.secondary_position_km, RED.secondary_velocity_km_s),
    ):
        assert one.ref_frame == "EME2000"
        assert np.abs(bias @ position_km - one.position_km).max() < FRAME_BIAS_MODELS_KM
        assert np.abs(bias @ velocity_km_s - one.velocity_km_s).max() < FRAME_BIAS_MODELS_KM
        assert np.linalg.norm(np.subtract(position_km, one.position_km)) > 100 * FRAME_BIAS_MODELS_KM


@pytest.mark.parametrize("event", sample_record().events, ids=lambda event: event.event_id)
def test_every_event_becomes_a_message_that_says_what_the_record_says(event) -> None:
    """Miss, speed and RTN components of each message follow from its own states, about Mars, at the event's TCA."""
    cdm = message(event)
    first, second = cdm.objects
    axes = rtn_axes(np.array([first.position_km]), np.array([first.velocity_km_s]))[0]
    miss_m = np.subtract(second.position_km, first.position_km) * 1000.0
    velocity_m_s = np.subtract(second.velocity_km_s, first.velocity_km_s) * 1000.0

    assert cdm.relative.tca == event.tca
    assert {one.orbit_center for one in cdm.objects} == {"MARS"}
    assert cdm.relative.miss_m == pytest.approx(float(np.linalg.norm(miss_m)), abs=ROUNDING_M)
    assert cdm.relative.relative_speed_m_s == pytest.approx(float(np.linalg.norm(velocity_m_s)), abs=ROUNDING_M_S)
    assert cdm.relative.relative_position_rtn_m == pytest.approx(axes @ miss_m, abs=ROUNDING_M)
    assert cdm.relative.relative_velocity_rtn_m_s == pytest.approx(axes @ velocity_m_s, abs=ROUNDING_M_S)
    for write in (write_cdm_kvn, write_cdm_xml):
        check_written(cdm, write(cdm))


def test_covariances_go_out_in_metres() -> None:
    """A sigma of 1 km is a variance of 1e6 m**2, one of 1 mm/s is 1e-6 m**2/s**2; declared ones are DEFAULT."""
    given = (
        uncertainty(RED.primary, [1.0, 2.0, 0.5, 1e-6, 2e-6, 3e-6]),
        uncertainty(RED.secondary, [3.0] * 6, Basis.DECLARED),
    )
    first, second = message(replace(RED, uncertainty=given)).objects

    assert np.diag(first.covariance_rtn_m) == pytest.approx([1e6, 4e6, 2.5e5, 1e-6, 4e-6, 9e-6])
    assert (first.covariance_method, second.covariance_method) == ("CALCULATED", "DEFAULT")
    assert "covariance delivered in mro.oem" in first.data_comments[0]


def test_a_comment_keeps_the_sign_of_a_number() -> None:
    """Messages are ASCII: a typographic minus and signs of units are written out, not dropped."""
    remark = Prose(text="eigenvalue −2.1e-5, box 1 × 25 km, 3° ± 1°, 2σ")
    given = replace(uncertainty(RED.primary, [1.0] * 6), remark=remark)
    said = " ".join(message(replace(RED, uncertainty=(given,))).object1.data_comments)

    assert "eigenvalue -2.1e-5, box 1 x 25 km, 3 deg +/- 1 deg, 2 sigma" in said


def test_a_missing_covariance_is_said_and_not_made_up() -> None:
    """Without a covariance all terms are zero, to be discounted (5.2.8), the method is DEFAULT, a comment says so."""
    cdm = message(replace(RED, uncertainty=(uncertainty(RED.primary, [1.0] * 6),)))
    text = write_cdm_kvn(cdm)
    read = parse_cdm(text.encode(), "message")

    assert read.object2.covariance_rtn_m is None
    assert read.object2.covariance_method == "DEFAULT"
    assert any("No covariance is known" in comment for comment in read.object2.data_comments)
    assert text.count("= 0.0 [m**2") == 21 + 15
    assert encounter_from_cdm(read).encounter.secondary.covariance is None


def test_a_probability_is_written_only_where_there_is_one() -> None:
    """A probability by a registered method stands with its name; where there is none, neither does."""
    known = replace(RED.probability, pc=1.5e-7, method="Foster-1992")
    unknown = replace(RED.probability, pc=None, method=None)

    assert "COLLISION_PROBABILITY" not in write_cdm_kvn(message(replace(RED, probability=unknown)))
    text = write_cdm_kvn(message(replace(RED, probability=known)))
    assert "COLLISION_PROBABILITY        = 1.5E-07\n" in text
    assert "COLLISION_PROBABILITY_METHOD = FOSTER-1992\n" in text


def test_a_method_that_the_register_does_not_list_is_named_in_a_comment() -> None:
    """The field for the method holds registered names alone; the value of another method is told in a comment."""
    other = replace(RED.probability, pc=1.5e-7, method="HALL-2021-3D-NC")
    text = write_cdm_kvn(message(replace(RED, probability=other)))

    assert "COLLISION_PROBABILITY        = 1.5E-07\n" in text
    assert "COLLISION_PROBABILITY_METHOD" not in text
    assert "COMMENT COLLISION_PROBABILITY is by HALL-2021-3D-NC, which the register" in text


def test_a_message_made_again_is_the_same() -> None:
    """Identifier, creation date and text follow from the record alone; each event has an identifier of its own."""
    record = sample_record()
    cdm = message()

    assert write_cdm_xml(cdm) == write_cdm_xml(message())
    assert cdm.header.creation == record.window.start
    assert cdm.header.message_id == message_id(record, RED)
    assert len({message_id(record, event) for event in record.events}) == len(record.events)


def test_the_marking_stands_in_the_header() -> None:
    """The notice of the cycle is a comment of the header, broken into lines that a message allows."""
    notice = "TLP:AMBER to the named receivers only. " * 12
    cdm = message(record=replace(sample_record(), notice=notice))
    lines = write_cdm_kvn(cdm).splitlines()

    assert lines[1].startswith("COMMENT TLP:AMBER")
    assert " ".join(cdm.header.comments).count("TLP:AMBER") == 12
    assert max(len(line) for line in lines) <= 254


def test_the_hard_body_radius_is_found_again() -> None:
    """The comment of the message gives back the combined radius of the event."""
    cdm = parse_cdm(write_cdm_kvn(message()).encode(), "message")

    assert encounter_from_cdm(cdm).hbr_m == pytest.approx(RED.b_plane.hbr_km * 1000.0)


def test_who_can_manoeuvre_is_said() -> None:
    """A command lead time means YES, a moon cannot, and of the rest it is not known."""
    record = sample_record()
    stated = {}
    for event in record.events:
        cdm = message(event)
        stated |= {event.primary: cdm.object1.maneuverable, event.secondary: cdm.object2.maneuverable}
    expected = {
        one.id: "YES" if one.lead_time_h is not None else "NO" if one.kind == "natural" else "N/A"
        for one in record.objects
    }

    assert {"YES", "NO", "N/A"} == set(stated.values())
    assert stated == {object_id: expected[object_id] for object_id in stated}


def test_the_naif_number_identifies_an_object() -> None:
    """An object with a NAIF number is named by it in the catalogue NAIF; one without by its own id."""
    record = sample_record()
    objects = tuple(replace(one, naif_id=-74 if one.id == RED.primary else None) for one in record.objects)
    first, second = message(record=replace(record, objects=objects)).objects

    assert (first.designator, first.catalog_name) == ("-74", "NAIF")
    assert (second.designator, second.catalog_name) == (RED.secondary, "NEARPASS")


@pytest.mark.parametrize(
    "name", [HOSTILE_NAME, "Tiānwèn-1 天问一号", "天问一号", "a\nTCA = 2021-01-01T00:00:00", "x" * 1000, "[km]"]
)
def test_any_name_gives_a_message_that_is_legal(name) -> None:
    """Names, titles, notices and files with anything in them become printable ASCII that reads back equal."""
    record = sample_record()
    hostile = replace(
        record,
        title=name,
        notice=name,
        publisher=name,
        objects=tuple(replace(one, name=name, operator=name) for one in record.objects),
        inputs=tuple(replace(one, file=name) for one in record.inputs),
    )
    cdm = message(record=hostile)

    for write in (write_cdm_kvn, write_cdm_xml):
        text = write(cdm)
        check_written(cdm, text)
        assert text.isascii()


def test_what_was_counted_and_a_bound_stand_in_comments() -> None:
    """A message says in which time a collision was counted; where one covariance is missing, whose, and the bound."""
    counted = replace(RED, probability=replace(RED.probability, span_s=(-12.5, 3600.0)))
    assert "COLLISION_PROBABILITY counts collisions from -12.500 s to +3600.000 s about TCA" in write_cdm_kvn(
        message(counted)
    )
    known = replace(NO_PROBABILITY, max_pc=2.34e-4, max_pc_missing="secondary")
    said = " ".join(message(replace(RED, probability=known)).relative.comments)
    assert f"is at most 2.34E-04: a bound, whatever the missing covariance of {RED.secondary} is" in said
