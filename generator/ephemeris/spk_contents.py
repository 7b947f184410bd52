"""Which bodies a kernel of SPICE tells of, by its segments, without evaluating any."""

from __future__ import annotations

import io
import struct

from jplephem.daf import DAF

from nearpass.errors import InputError

MARKS = (b"DAF/", b"NAIF/DAF")
"""How a binary kernel begins."""


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
