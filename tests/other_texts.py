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
