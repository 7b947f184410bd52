"""Texts of Orbit Parameter Messages for tests: the low orbit about Mars."""

import numpy as np

from fleets import LOW

STATE = np.concatenate([part[0] for part in LOW.state(np.zeros(1))])
KEYS = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
TRIANGLE = [f"C{row}_{column}" for at, row in enumerate(KEYS) for column in KEYS[: at + 1]]


def burn(at: str, frame: str, dv: tuple[float, float, float], duration_s: float = 0.0) -> str:
    return "\n".join(
        [
            f"MAN_EPOCH_IGNITION = {at}",
            f"MAN_DURATION = {duration_s} [s]",
            "MAN_DELTA_MASS = -1.5 [kg]",
            f"MAN_REF_FRAME = {frame}",
            *(f"MAN_DV_{number} = {value!r} [km/s]" for number, value in enumerate(dv, start=1)),
            "",
        ]
    )


def opm(*burns: str, **changes: str) -> str:
    """A message of the low orbit about Mars."""
    keys = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
    units = ("km",) * 3 + ("km/s",) * 3
    pairs = {
        "CREATION_DATE": "2021-02-28T12:00:00", "ORIGINATOR": "TEST", "OBJECT_NAME": "LOW", "OBJECT_ID": "2005-029A",
        "CENTER_NAME": "MARS", "REF_FRAME": "ICRF", "TIME_SYSTEM": "UTC", "EPOCH": "2021-03-01T00:00:00",
        **{key: f"{value!r} [{unit}]" for key, value, unit in zip(keys, STATE.tolist(), units, strict=True)},
        "MASS": "1913.0 [kg]", **changes,
    }  # fmt: skip
    lines = [f"{key} = {value}" for key, value in pairs.items()]
    return "\n".join(["CCSDS_OPM_VERS = 2.0", "COMMENT one state", *lines, *burns])
