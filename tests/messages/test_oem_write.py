"""Written messages read back equal, by this reader and by others."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Literal

import ccsds_ndm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nearpass.astro.epochs import NS, Epoch, TimeSystem
from nearpass.messages.oem import OemCovariances, OemHeader, OemMessage, OemSegment, parse_oem
from nearpass.messages.oem_write import write_oem
from oem_texts import START

words = st.text(st.characters(categories=("L", "N", "P", "S"), max_codepoint=0x2FF), min_size=1, max_size=12)
texts = st.lists(words, min_size=1, max_size=3).map(" ".join)
values = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def _segments(draw: st.DrawFn, index: int, system: TimeSystem, *, accelerated: bool) -> OemSegment:
    count = draw(st.integers(1, 5))
    gaps_ns = draw(st.lists(st.integers(1, 10**14), min_size=count + 1, max_size=count + 1))
    start = START + index * 1e7
    epochs_ns = start.tai_ns + np.cumsum([0, *gaps_ns[:-1]])[:count]
    stop = Epoch(int(epochs_ns[-1]) + gaps_ns[-1])
    covariances = None
    if draw(st.booleans()):
        triangle = draw(arrays(np.float64, (count, 6, 6), elements=values))
        matrices = np.tril(triangle) + np.swapaxes(np.tril(triangle, -1), 1, 2)
        frames = tuple(draw(st.lists(st.sampled_from(["RTN", "ICRF"]), min_size=count, max_size=count)))
        covariances = OemCovariances(epochs_tai_ns=epochs_ns, matrices=matrices, frames=frames, comments=())
    with_method = draw(st.booleans())
    return OemSegment(
        object_name="ORBITER",
        object_id="2005-029A",
        center_name=draw(texts),
        ref_frame="ICRF",
        ref_frame_epoch=draw(st.none() | st.just(START)),
        time_system=system,
        start=start,
        stop=stop,
        useable_start=draw(st.none() | st.just(start)),
        useable_stop=draw(st.none() | st.just(stop)),
        interpolation=draw(st.sampled_from(["HERMITE", "LAGRANGE", "LINEAR"])) if with_method else None,
        degree=draw(st.integers(1, 27)) if with_method else None,
        comments=tuple(draw(st.lists(texts, max_size=2))),
        first_line=1,
        epochs_tai_ns=epochs_ns,
        positions_km=draw(arrays(np.float64, (count, 3), elements=values)),
        velocities_km_s=draw(arrays(np.float64, (count, 3), elements=values)),
        accelerations_km_s2=draw(arrays(np.float64, (count, 3), elements=values)) if accelerated else None,
        covariances=covariances,
    )


@st.composite
def _messages(draw: st.DrawFn) -> OemMessage:
    system = draw(st.sampled_from([TimeSystem.UTC, TimeSystem.TAI, TimeSystem.TT, TimeSystem.GPS]))
    header = OemHeader(
        version="3.0",
        creation=Epoch(draw(st.integers(0, 10**18))),
        originator=draw(texts),
        classification=draw(st.none() | texts),
        message_id=draw(st.none() | texts),
        comments=tuple(draw(st.lists(texts, max_size=2))),
    )
    accelerated = draw(st.booleans())
    count = draw(st.integers(1, 3))
    segments = [draw(_segments(index, system, accelerated=accelerated)) for index in range(count)]
    return OemMessage(header=header, segments=tuple(segments))


def _same(ours: object, theirs: object) -> bool:
    if isinstance(ours, np.ndarray) and isinstance(theirs, np.ndarray):
        return np.array_equal(ours, theirs)
    if isinstance(ours, OemSegment | OemCovariances) and isinstance(theirs, OemSegment | OemCovariances):
        names = set(type(ours).__slots__) - {"first_line", "lines", "frame_lines"}
        return type(ours) is type(theirs) and all(_same(getattr(ours, n), getattr(theirs, n)) for n in names)
    return ours == theirs


@pytest.mark.parametrize("notation", ["kvn", "xml"])
@settings(max_examples=100, deadline=None)
@given(message=_messages())
def test_a_written_message_reads_back_equal(notation: Literal["kvn", "xml"], message: OemMessage) -> None:
    """Header, metadata, states to the last bit, and covariances come back as they were, from either notation."""
    again = parse_oem(write_oem(message, notation).encode(), "written.oem")
    assert again.header == message.header
    assert len(again.segments) == len(message.segments)
    assert all(_same(ours, theirs) for ours, theirs in zip(message.segments, again.segments, strict=True))


def _message() -> OemMessage:
    """Sixteen states and two covariances of plausible size."""
    rng = np.random.default_rng(11)
    epochs_ns = START.tai_ns + np.arange(16) * 60 * NS
    lower = np.tril(rng.normal(size=(2, 6, 6)) * 1e-4)
    segment = OemSegment(
        object_name="ORBITER",
        object_id="2005-029A",
        center_name="MARS",
        ref_frame="EME2000",
        ref_frame_epoch=None,
        time_system=TimeSystem.UTC,
        start=START,
        stop=Epoch(int(epochs_ns[-1])),
        useable_start=START,
        useable_stop=Epoch(int(epochs_ns[-1])),
        interpolation="HERMITE",
        degree=7,
        comments=(),
        first_line=1,
        epochs_tai_ns=epochs_ns,
        positions_km=rng.normal(size=(16, 3)) * 4e3,
        velocities_km_s=rng.normal(size=(16, 3)) * 3.0,
        accelerations_km_s2=None,
        covariances=OemCovariances(
            epochs_tai_ns=epochs_ns[:2],
            matrices=lower + np.swapaxes(np.tril(lower, -1), 1, 2),
            frames=("RTN", "RTN"),
            comments=(),
        ),
    )
    header = OemHeader(
        version="2.0", creation=START, originator="TEST", classification=None, message_id=None, comments=()
    )
    return OemMessage(header=header, segments=(segment,))


@pytest.mark.parametrize("notation", ["kvn", "xml"])
def test_ccsds_ndm_reads_what_is_written(notation: Literal["kvn", "xml"]) -> None:
    """The package ccsds-ndm-py finds the same epochs, states and covariances."""
    message = _message()
    (segment,), (theirs,) = message.segments, ccsds_ndm.Oem.from_str(write_oem(message, notation)).segments
    np.testing.assert_array_equal(
        theirs.data.state_vector_numpy, np.hstack([segment.positions_km, segment.velocities_km_s])
    )
    epochs = [Epoch.parse(epoch).tai_ns for epoch in theirs.data.state_vector_epochs]
    np.testing.assert_array_equal(epochs, segment.epochs_tai_ns)
    assert segment.covariances is not None
    rows, columns = np.tril_indices(6)
    found = np.asarray(theirs.data.covariance_matrix_numpy).reshape(2, -1)
    expected = segment.covariances.matrices if found.shape[1] == 36 else segment.covariances.matrices[:, rows, columns]
    np.testing.assert_array_equal(found, np.asarray(expected).reshape(2, -1))


@pytest.mark.parametrize("notation", ["kvn", "xml"])
def test_the_package_oem_reads_what_is_written(tmp_path: Path, notation: Literal["kvn", "xml"]) -> None:
    """The package oem finds the same states and covariances."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # astropy warns of Earth rotation data that are not used
        from oem import OrbitEphemerisMessage  # noqa: PLC0415  # astropy behind it takes a second to import

        message = _message()
        path = tmp_path / "written.oem"
        path.write_text(write_oem(message, notation))
        (theirs,) = OrbitEphemerisMessage.open(path).segments
        states = [np.concatenate([state.position, state.velocity]) for state in theirs.states]
        matrices = [covariance.matrix for covariance in theirs.covariances]
    (segment,) = message.segments
    np.testing.assert_array_equal(states, np.hstack([segment.positions_km, segment.velocities_km_s]))
    assert segment.covariances is not None
    np.testing.assert_array_equal(matrices, segment.covariances.matrices)
