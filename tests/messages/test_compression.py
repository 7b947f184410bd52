"""Compressed deliveries: the content back, and neither bombs nor damage."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearpass.errors import InputError
from nearpass.messages import compression
from nearpass.messages.compression import decompressed, decompressed_start
from oem_texts import message_text, segment_text, state_lines

TEXT = message_text(segment_text(state_lines(np.arange(3_000) * 60.0))).encode()
WAYS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": partial(lzma.compress, format=lzma.FORMAT_ALONE),
}
ways = pytest.mark.parametrize("compress", WAYS.values(), ids=WAYS.keys())


@ways
def test_the_content_comes_back(compress: Callable[[bytes], bytes]) -> None:
    """What Python's own modules pack is unpacked, also in two streams one behind the other."""
    assert decompressed(compress(TEXT), "x") == TEXT
    assert decompressed(compress(TEXT[:500]) + compress(TEXT[500:]), "x") == TEXT


@given(data=st.binary(max_size=200))
def test_what_is_not_compressed_comes_back_as_it_is(data: bytes) -> None:
    """Content that begins otherwise than a compressed file is not touched."""
    assert decompressed(b"C" + data, "x") == b"C" + data


@given(
    start=st.sampled_from([b"\x1f\x8b\x08\x00", b"BZh9", b"\xfd7zXZ\x00", b"\x5d\x00\x00"]), data=st.binary(max_size=99)
)
def test_what_only_looks_compressed_is_refused(start: bytes, data: bytes) -> None:
    """Random bytes behind a magic number give an InputError and nothing else."""
    with pytest.raises(InputError, match="compressed"):
        decompressed(start + data, "x")


@ways
def test_the_beginning_is_had_without_the_rest(compress: Callable[[bytes], bytes]) -> None:
    """The first bytes are unpacked from a file that is read in part, as far as they reach."""
    packed = compress(TEXT)
    assert decompressed_start(packed, "x", 1_000) == TEXT[:1_000]
    cut = decompressed_start(packed[: len(packed) // 2], "x", 1_000_000)
    assert TEXT.startswith(cut)
    assert decompressed_start(TEXT, "x", 1_000) == TEXT[:1_000]


@ways
def test_an_incomplete_file_is_refused(compress: Callable[[bytes], bytes]) -> None:
    """A download that broke off is no shorter ephemeris."""
    with pytest.raises(InputError, match="complete"):
        decompressed(compress(TEXT)[:-9], "x")


@ways
def test_a_damaged_file_is_refused(compress: Callable[[bytes], bytes]) -> None:
    """A changed stretch in the middle is noticed."""
    packed = compress(TEXT)
    with pytest.raises(InputError, match="damaged"):
        decompressed(packed[:5_000] + bytes(64) + packed[5_064:], "x")


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz"])
def test_nothing_may_follow_the_end(name: str) -> None:
    """Bytes of zero may, which the formats allow as padding; anything else may not."""
    packed = WAYS[name](TEXT)
    assert decompressed(packed + bytes(1_000), "x") == TEXT
    with pytest.raises(InputError, match="nothing may follow"):
        decompressed(packed + b"more", "x")


@ways
def test_a_bomb_is_refused_after_little_of_it(compress: Callable[[bytes], bytes]) -> None:
    """A hundred megabytes of nothing in a few kilobytes are not unpacked."""
    with pytest.raises(InputError, match="at most"):
        decompressed(compress(bytes(100_000_000)), "x")


def test_a_bomb_of_many_streams_is_refused() -> None:
    """The limit counts all streams together."""
    with pytest.raises(InputError, match="at most"):
        decompressed(gzip.compress(bytes(1_000_000)) * 40, "x")


def test_no_ratio_allows_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the absolute limit even a file that hardly shrank is refused."""
    monkeypatch.setattr(compression, "MOST_BYTES", 1_000)
    with pytest.raises(InputError, match="at most 1000 bytes"):
        decompressed(gzip.compress(TEXT), "x")
