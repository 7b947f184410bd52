"""All covariances of an OEM in keyword-value notation at once, where each is laid out like the one before.

The words of the block are taken as in :mod:`nearpass.messages.oem_fast`: keyword, equals sign and epoch, perhaps the
same for the axes, then six lines of one to six numbers. Anything else, and axes that change, is left to the careful
reader.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from nearpass.astro.epochs import TimeSystem
from nearpass.messages.oem_fast import PADDING, Bytes, FloatArray, Places, common_bytes, read_tokens, words_of
from nearpass.messages.oem_records import IntArray

_FRAME_NAME: Final = re.compile(rb"[A-Za-z0-9_/-]{1,40}")
_CHUNK: Final = 1 << 20  # bytes
_PAIR_BREAKS: Final = (True, False, False)
_ROW_BREAKS: Final = tuple(column == 0 for row in range(6) for column in range(row + 1))
_LAYOUTS: Final = (  # words before the numbers
    (b"EPOCH", b"=", None),
    (b"EPOCH", b"=", None, b"COV_REF_FRAME", b"=", None),
)


def read_covariances(block: bytes, system: TimeSystem) -> tuple[IntArray, FloatArray, str | None] | None:
    """Epochs ``(M,)``, lower triangles ``(M, 6, 6)`` and axes of a block of covariances, or None."""
    epochs: list[IntArray] = []
    values: list[FloatArray] = []
    frames: set[bytes | None] = set()
    begin = 0
    while begin < len(block):
        end = block.find(b"\nEPOCH", begin + _CHUNK) + 1 or len(block)
        if end - begin > 2 * _CHUNK:
            return None
        text = np.frombuffer(b"\n" + block[begin:end] + PADDING, dtype=np.uint8)
        places = _places(text)
        part = None if places is None else read_tokens(text, places[0], places[1], system)
        if places is None or part is None:
            return None
        epochs.append(part[0])
        values.append(part[1])
        frames.add(places[2])
        begin = end
    if len(frames) != 1:
        return None
    frame = frames.pop()
    moments = np.concatenate(epochs)
    if (moments[1:] <= moments[:-1]).any():
        return None
    triangles = np.zeros((len(moments), 6, 6))
    rows, columns = np.tril_indices(6)
    triangles[:, rows, columns] = np.concatenate(values)
    return moments, triangles, None if frame is None else frame.decode()


def _places(text: Bytes) -> tuple[Places, Places, bytes | None] | None:
    """Where epochs and numbers begin and end, both ``(M, 22)``, and the axes."""
    words = words_of(text)
    if words is None:
        return None
    for layout in _LAYOUTS:
        per_covariance = len(layout) + len(_ROW_BREAKS)
        if len(words[0]) % per_covariance:
            continue
        starts, ends = words[0].reshape(-1, per_covariance), words[1].reshape(-1, per_covariance)
        if not _laid_out(text, starts, ends, layout):
            continue
        frame = common_bytes(text, starts[:, 5], ends[:, 5]) if len(layout) > len(_LAYOUTS[0]) else None
        if len(layout) > len(_LAYOUTS[0]) and (frame is None or _FRAME_NAME.fullmatch(frame) is None):
            return None
        wanted = [2, *range(len(layout), per_covariance)]
        return starts[:, wanted], ends[:, wanted], frame
    return None


def _laid_out(text: Bytes, starts: Places, ends: Places, layout: tuple[bytes | None, ...]) -> bool:
    """Whether each covariance has its keywords in place, and its words on their lines."""
    for at, keyword in enumerate(layout):
        if keyword is not None and common_bytes(text, starts[:, at], ends[:, at]) != keyword:
            return False
    line = np.searchsorted(np.flatnonzero(text == ord("\n")), starts.ravel())
    breaks = np.diff(line, prepend=-1) > 0
    expected = _PAIR_BREAKS * (len(layout) // len(_PAIR_BREAKS)) + _ROW_BREAKS
    return bool((breaks.reshape(starts.shape) == np.array(expected)).all())
