"""Texts of Orbit Ephemeris Messages for tests: a circular orbit about Mars, written line by line."""

from __future__ import annotations

from collections.abc import Sequence

import ccsds_ndm
import numpy as np
from numpy.typing import NDArray

from nearpass.astro.epochs import Epoch, TimeSystem
from nearpass.messages.oem import parse_oem
from nearpass.messages.oem_write import write_oem

START = Epoch.parse("2021-03-01T00:00:00")
RADIUS_KM = 3_800.0
RATE_RAD_S = float(np.sqrt(4.282837362069909e4 / RADIUS_KM**3))


def circular(offsets_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions in km and velocities in km/s of an inclined circular orbit."""
    angle = RATE_RAD_S * offsets_s
    axes = np.array([[1.0, 0.0, 0.0], [0.0, 0.8, 0.6]])
    position_km = RADIUS_KM * np.stack([np.cos(angle), np.sin(angle)], axis=1) @ axes
    velocity_km_s = RADIUS_KM * RATE_RAD_S * np.stack([-np.sin(angle), np.cos(angle)], axis=1) @ axes
    return position_km, velocity_km_s


def state_lines(offsets_s: NDArray[np.float64], system: TimeSystem = TimeSystem.UTC) -> list[str]:
    """Lines of states of the orbit with all digits."""
    states = np.hstack(circular(offsets_s))
    return [
        " ".join((START + offset_s).iso(system, digits=9) if at == 0 else repr(value) for at, value in enumerate(row))
        for offset_s, row in zip(offsets_s.tolist(), np.insert(states, 0, 0.0, axis=1).tolist(), strict=True)
    ]


def segment_text(lines: Sequence[str], **changes: str | None) -> str:
    """A segment around lines of states; ``changes`` replace, add or (None) leave out metadata."""
    metadata: dict[str, str | None] = {
        "OBJECT_NAME": "ORBITER",
        "OBJECT_ID": "2005-029A",
        "CENTER_NAME": "MARS",
        "REF_FRAME": "ICRF",
        "TIME_SYSTEM": "UTC",
        "START_TIME": lines[0].split()[0],
        "STOP_TIME": lines[-1].split()[0],
        "INTERPOLATION": "HERMITE",
        "INTERPOLATION_DEGREE": "7",
        **changes,
    }
    pairs = [f"{key} = {value}" for key, value in metadata.items() if value is not None]
    return "\n".join(["META_START", *pairs, "META_STOP", *lines]) + "\n"


def message_text(*segments: str, version: str = "2.0") -> str:
    """A message of segments."""
    head = f"CCSDS_OEM_VERS = {version}\nCREATION_DATE = 2021-02-28T12:00:00\nORIGINATOR = TEST\n"
    return head + "".join(segments)


def covariance_text(*blocks: tuple[str, str | None, NDArray[np.float64]]) -> str:
    """A covariance section of (epoch, frame or None, matrix)."""
    lines = ["COVARIANCE_START"]
    for epoch, frame, matrix in blocks:
        lines.append(f"EPOCH = {epoch}")
        if frame is not None:
            lines.append(f"COV_REF_FRAME = {frame}")
        lines += [" ".join(repr(float(value)) for value in row[: at + 1]) for at, row in enumerate(matrix)]
    return "\n".join([*lines, "COVARIANCE_STOP"]) + "\n"


def delivered_texts() -> list[str]:
    """A message of two segments with accelerations and covariances, in KVN and XML, and an OCM in both notations."""
    covariance = np.diag(np.arange(1.0, 7.0)) + 0.25 * np.tri(6, k=-1) + 0.25 * np.tri(6, k=-1).T
    lines = state_lines(np.arange(8) * 60.0)
    later = [f"{line} 1e-3 2e-3 3e-3" for line in state_lines(600.0 + np.arange(8) * 60.0)]
    blocks = [("2021-03-01T00:01:00", "RTN", covariance), ("2021-03-01T00:02:00", None, 2 * covariance)]
    message = message_text(segment_text(lines) + covariance_text(*blocks), segment_text(later), version="3.0")
    written = write_oem(parse_oem(message.encode(), "seed"), "xml")
    lower = " ".join(repr(float(value)) for value in covariance[np.tril_indices(6)])
    comprehensive = "\n".join(
        [
            "CCSDS_OCM_VERS = 3.0\nCREATION_DATE = 2021-02-28T12:00:00\nORIGINATOR = TEST\nMETA_START",
            "OBJECT_NAME = ORBITER\nTIME_SYSTEM = UTC\nEPOCH_TZERO = 2021-03-01T00:00:00\nMETA_STOP",
            "TRAJ_START\nCENTER_NAME = MARS\nTRAJ_REF_FRAME = ICRF\nTRAJ_TYPE = CARTPV",
            *lines,
            "TRAJ_STOP\nCOV_START\nCOV_REF_FRAME = RTN_INERTIAL\nCOV_TYPE = CARTPV\nCOV_ORDERING = LTM",
            f"60.0 {lower}\nCOV_STOP\n",
        ]
    )
    in_xml = str(ccsds_ndm.Ocm.from_str(comprehensive).to_str("xml")).replace("><", ">\n<")
    return [message, written, comprehensive, in_xml]
