"""Ephemerides in other text formats than CCSDS's for tests: the orbit of ``oem_texts``."""

from collections.abc import Sequence

import numpy as np

from oem_texts import circular

OFFSETS_S = np.arange(12) * 60.0
COVARIANCE = np.diag([1e-6, 4e-6, 2e-6, 1e-12, 3e-12, 2e-12]) + 1e-13 * np.ones((6, 6))


def itc_text(covariance: np.ndarray = COVARIANCE, axes: str = "UVW") -> str:
    """A file as SpaceX publishes it, of the orbit of the other tests."""
    lines = [
        "created:2021-02-28 12:00:00 UTC",
        "ephemeris_start:2021-03-01 00:00:00 UTC ephemeris_stop:2021-03-01 00:11:00 UTC step_size:60",
        "ephemeris_source:blend",
        axes,
    ]
    terms = [covariance[row, column] for row in range(6) for column in range(row + 1)]
    for offset_s, *state in zip(OFFSETS_S, *np.hstack(circular(OFFSETS_S)).T, strict=True):
        minute = int(offset_s // 60)
        lines.append(f"202106000{minute:02d}00.000 " + " ".join(repr(float(value)) for value in state))
        lines += [" ".join(repr(float(term)) for term in terms[at : at + 7]) for at in (0, 7, 14)]
    return "\n".join([*lines, ""])


def stk_text(
    *keywords: str, unit_km: float = 1e-3, table: str = "EphemerisTimePosVel", rows: Sequence[str] | None = None
) -> str:
    """A file as STK writes it, in metres unless told."""
    states = np.hstack(circular(OFFSETS_S)) / unit_km
    made = [f"{offset_s!r} " + " ".join(repr(float(value)) for value in row)
            for offset_s, row in zip(OFFSETS_S.tolist(), states, strict=True)]  # fmt: skip
    head = ["stk.v.11.0", "# WrittenBy    STK_v11.2.0", "", "BEGIN Ephemeris", "", "    NumberOfEphemerisPoints 12",
            "    ScenarioEpoch\t 1 Mar 2021 00:00:00.000000"]  # fmt: skip
    return "\n".join([*head, *keywords, f"    {table}", *(rows or made), "", "END Ephemeris", ""])


# The beginning of the predictions for Ajisai by the UK Space Geodesy Facility, 20 December 2021 (nsgf.orb.ajisai).
AJISAI = """#cV2021 12 16  0  0  0.00000000    1478   SLR   ECF FIT NSGF
## 2188 345600.00000000   240.00000000 59564 0.0000000000000
+    1   L50  0  0  0  0  0  0  0  0  0  0  0  0  0  0  0  0
++         0  0  0  0  0  0  0  0  0  0  0  0  0  0  0  0  0
%c L  cc UTC ccc cccc cccc cccc cccc ccccc ccccc ccccc ccccc
%c cc cc ccc ccc cccc cccc cccc cccc ccccc ccccc ccccc ccccc
%f  0.0000000  0.000000000  0.00000000000  0.000000000000000
%i    0    0    0    0      0      0      0      0         0
/* Earth-centered-fixed orbital predictions from SGF ILRS AC
*  2021 12 16  0  0  0.00000000
PL50  -4586.301149   2383.308229   5926.669233
VL50 -20509.432000 -63568.161000   9760.648100
"""
