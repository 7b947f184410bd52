"""Compressed deliveries: gzip, bzip2, xz and the older lzma, recognised by their first bytes, whatever the file's name.

A small file can unpack to any size, so unpacking stops at a limit: a text of numbers hardly shrinks to less than a
hundredth.
"""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Protocol

from nearpass.errors import InputError

MOST_BYTES: Final = 1 << 30
MOST_RATIO: Final = 200
ALWAYS_ALLOWED_BYTES: Final = 16 << 20  # whatever the ratio: this much harms nobody
START_BYTES: Final = 1 << 20
"""What to read of a file whose beginning is wanted: bzip2 packs 900 000 bytes at a time."""

_PIECE: Final = 1 << 20  # bytes unpacked at a time
_STEP: Final = 4_096  # bytes given at a time: what is left behind a stream is copied, and there may be many streams
_PADDING: Final = re.compile(rb"\0*")  # the formats allow it between streams
_MOST_DICTIONARY_BYTES: Final = 256 << 20  # what the strongest settings of xz need, twice over


class _Decompressor(Protocol):
    """What the decompressors of bz2 and lzma have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gzip:
    """A decompressor of one gzip member with the manners of those of bz2 and lzma."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self._rest = b""
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        piece = self._inner.decompress(self._rest + data, max(max_length, 0))
        self._rest = self._inner.unconsumed_tail
        self.needs_input = not self._rest and len(piece) < max_length
        return piece


def _lzma() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(memlimit=_MOST_DICTIONARY_BYTES)


_KINDS: Final[Mapping[bytes, Callable[[], _Decompressor]]] = MappingProxyType(
    {
        b"\x1f\x8b": _Gzip,
        b"BZh": bz2.BZ2Decompressor,
        b"\xfd7zXZ\x00": _lzma,
        b"\x5d\x00\x00": _lzma,
    }
)


def decompressed(data: bytes, file: str) -> bytes:
    """The content of a file that may be compressed; any other content comes back as it is.

    Args:
        data: The file as delivered.
        file: Its name, for the error.

    Raises:
        InputError: for a damaged or incomplete file, and for one that unpacks to more than :data:`MOST_BYTES`, or to
            more than :data:`MOST_RATIO` times its size and :data:`ALWAYS_ALLOWED_BYTES`.

    """
    most = min(MOST_BYTES, max(MOST_RATIO * len(data), ALWAYS_ALLOWED_BYTES))
    content, whole = _unpacked(data, file, most)
    if len(content) > most:
        rule = f"a compressed file must hold at most {most} bytes, {MOST_RATIO} times its own size"
        if most == MOST_BYTES:
            rule = f"a compressed file must hold at most {most} bytes"
        elif most == ALWAYS_ALLOWED_BYTES:
            rule = f"a compressed file of {len(data)} bytes must hold at most {most} bytes"
        raise InputError(rule, file=file)
    if not whole:
        raise InputError("a compressed file must be complete", value=f"{len(data)} bytes", file=file)
    return content


def decompressed_start(data: bytes, file: str, most_bytes: int) -> bytes:
    """What the first bytes of a file that may be compressed unpack to, up to ``most_bytes``.

    Raises:
        InputError: for a damaged file.

    """
    return _unpacked(data, file, most_bytes)[0][:most_bytes]


def _unpacked(data: bytes, file: str, most_bytes: int) -> tuple[bytes, bool]:
    """The content, or a little more than ``most_bytes`` of it, and whether its end was reached."""
    make = _kind_of(data)
    if make is None:
        return data, True
    content = bytearray()
    at = 0
    while at < len(data):
        decompressor = make()
        try:
            while not decompressor.eof and len(content) <= most_bytes:
                if decompressor.needs_input and at == len(data):
                    return bytes(content), False
                given = data[at : at + _STEP] if decompressor.needs_input else b""
                at += len(given)
                content += decompressor.decompress(given, _PIECE)
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise InputError("a compressed file must not be damaged", value=str(error), file=file) from None
        if len(content) > most_bytes:
            break
        at -= len(decompressor.unused_data)
        padding = _PADDING.match(data, at)
        at = padding.end() if padding else at
        if at < len(data) and _kind_of(data[at : at + _STEP]) is not make:
            raise InputError("nothing may follow the end of the compressed content", file=file)
    return bytes(content), True


def _kind_of(data: bytes) -> Callable[[], _Decompressor] | None:
    """Which decompressor the first bytes call for."""
    return next((make for magic, make in _KINDS.items() if data.startswith(magic)), None)
