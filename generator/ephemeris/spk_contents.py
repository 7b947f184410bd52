"""Which bodies a kernel of SPICE tells of, by its segments, without evaluating any."""

from __future__ import annotations

import io
import struct
from typing import Final

from jplephem.daf import DAF

from nearpass.ephemeris.meta_kernel import KERNEL_SUFFIXES
from nearpass.errors import InputError

MARKS = (b"DAF/", b"NAIF/DAF")
"""How a binary kernel begins."""

START_BYTES: Final = 1_024
"""Of a kernel that tell whether it is whole: its file record."""
CUT_RULE: Final = "a kernel must be whole: its transfer may have been cut"
_TEXT_MARK: Final = b"KPL/"
_PACKED: Final = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"PK\x03\x04")
_ORDERS: Final = {b"LTL-IEEE": "<", b"BIG-IEEE": ">"}
_WORD_BYTES: Final = 8


def is_kernel(start: bytes, name: str) -> bool:
    """Whether a file is a kernel, by its first bytes; one that does not begin as any text by its name."""
    if start.startswith((*MARKS, _TEXT_MARK)):
        return True
    return name.lower().endswith(KERNEL_SUFFIXES) and not start.lstrip().startswith((b"CCSDS_", b"<", b"stk.v", b"#"))


def check_whole(start: bytes, size_bytes: int) -> None:
    """Refuse what plainly is no kernel, or not a whole one, before CSPICE does so in words of its own.

    Args:
        start: Its first :data:`START_BYTES`.
        size_bytes: How many it has.

    Raises:
        InputError: for an empty file, a packed one, one that begins otherwise, and one that was cut off.
    """
    if not size_bytes:
        raise InputError("a kernel must not be empty", value="0 bytes")
    if start.startswith(_PACKED):
        raise InputError("a kernel must be unpacked first: CSPICE reads it where it lies", value=start[:4].hex(" "))
    if not start.startswith((*MARKS, _TEXT_MARK)):
        shown = start[:8].decode("ascii", errors="replace")
        raise InputError("a kernel must begin with DAF/SPK, or KPL/ if it is text", value=shown)
    order = _ORDERS.get(start[88:96])
    if order is not None and len(start) == START_BYTES:
        (free,) = struct.unpack(f"{order}i", start[84:88])  # the first word after the data
        if size_bytes < (needed := (free - 1) * _WORD_BYTES):
            raise InputError(CUT_RULE, value=f"{size_bytes} of {needed} bytes")
    elif start.startswith(MARKS) and size_bytes < START_BYTES:
        raise InputError(CUT_RULE, value=f"{size_bytes} bytes")


def bodies_in(data: bytes) -> frozenset[int]:
    """NAIF numbers of the targets of all segments of an SPK kernel.

    Raises:
        InputError: if it is no readable SPK kernel.
    """
    try:
        daf = DAF(io.BytesIO(data))
        rows = [values for _, values in daf.summaries()]
        if any(
            len(values) != 8 for values in rows
        ):  # two times and six whole numbers, of which the first is the target
            raise ValueError("no SPK kernel")
        return frozenset(int(values[2]) for values in rows)
    except (ValueError, IndexError, struct.error) as error:
        raise InputError(f"a kernel must be readable: {error}") from None
