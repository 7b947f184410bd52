"""Small workspaces for tests: two-body orbits around Mars written as OEM files, and a configuration for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from nearpass.astro.epochs import Epoch, TimeSystem
from nearpass.astro.frames import Frame
from nearpass.messages.oem import OemHeader, OemMessage, OemSegment
from nearpass.messages.oem_write import write_oem

GM_MARS_KM3_S2: Final = 42828.375
ABOUT_MARS = Frame(center="MARS", axes="ICRF")
CUTOFF: Final = Epoch.parse("2021-03-17T00:00:00")


@dataclass(frozen=True)
class Kepler:
    """A two-body orbit: elements at the epoch ``CUTOFF``, angles in radians."""

    a_km: float
    e: float
    inclination_rad: float
    node_rad: float = 0.0
    argument_rad: float = 0.0
    mean_anomaly_rad: float = 0.0

    @property
    def motion_rad_s(self) -> float:
        """Mean motion."""
        return float(np.sqrt(GM_MARS_KM3_S2 / self.a_km**3))

    @property
    def period_s(self) -> float:
        """Orbital period."""
        return 2 * np.pi / self.motion_rad_s

    def state(self, offsets_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions and velocities at offsets from the epoch, each (N, 3)."""
        mean = self.mean_anomaly_rad + self.motion_rad_s * np.asarray(offsets_s, dtype=float)
        anomaly = mean + self.e * np.sin(mean)
        for _ in range(50):
            anomaly -= (anomaly - self.e * np.sin(anomaly) - mean) / (1 - self.e * np.cos(anomaly))
        root = np.sqrt(1 - self.e**2)
        rate = self.motion_rad_s / (1 - self.e * np.cos(anomaly))
        flat = np.stack([self.a_km * (np.cos(anomaly) - self.e), self.a_km * root * np.sin(anomaly)], axis=1)
        speed = np.stack([-self.a_km * np.sin(anomaly), self.a_km * root * np.cos(anomaly)], axis=1) * rate[:, None]
        axes = self._axes()
        return flat @ axes, speed @ axes

    def _axes(self) -> np.ndarray:
        cn, sn = np.cos(self.node_rad), np.sin(self.node_rad)
        ca, sa = np.cos(self.argument_rad), np.sin(self.argument_rad)
        ci, si = np.cos(self.inclination_rad), np.sin(self.inclination_rad)
        return np.array(
            [
                [cn * ca - sn * sa * ci, sn * ca + cn * sa * ci, sa * si],
                [-cn * sa - sn * ca * ci, -sn * sa + cn * ca * ci, ca * si],
            ]
        )


class Motion(Protocol):
    """Anything that gives positions and velocities at offsets from an epoch."""

    def state(self, offsets_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...


def segment(
    orbit: Motion,
    start_s: float,
    stop_s: float,
    step_s: float,
    *,
    system: TimeSystem = TimeSystem.UTC,
    epoch: Epoch = CUTOFF,
) -> OemSegment:
    """Nodes of an orbit on a regular grid, ICRF axes, Hermite of degree 7."""
    offsets_s = np.arange(start_s, stop_s + step_s / 2, step_s)
    positions_km, velocities_km_s = orbit.state(offsets_s)
    return OemSegment(
        object_name="TEST",
        object_id="2021-001A",
        center_name="MARS",
        ref_frame="ICRF",
        ref_frame_epoch=None,
        time_system=system,
        start=epoch + float(offsets_s[0]),
        stop=epoch + float(offsets_s[-1]),
        useable_start=None,
        useable_stop=None,
        interpolation="HERMITE",
        degree=7,
        comments=(),
        first_line=1,
        epochs_tai_ns=epoch.tai_ns + np.round(offsets_s * 1e9).astype(np.int64),
        positions_km=positions_km,
        velocities_km_s=velocities_km_s,
        accelerations_km_s2=None,
        covariances=None,
    )


def message(*segments: OemSegment, creation: Epoch = CUTOFF + -3600.0) -> OemMessage:
    """A whole message."""
    header = OemHeader(
        version="2.0", creation=creation, originator="TEST", classification=None, message_id=None, comments=()
    )
    return OemMessage(header=header, segments=segments)


LOW: Final = Kepler(3396.19 + 300, 0.005, np.radians(92.7))
POLAR: Final = Kepler(3396.19 + 302, 0.004, np.radians(75.0), node_rad=0.4, mean_anomaly_rad=0.1)
ECCENTRIC: Final = Kepler(3396.19 + 2300, 0.38, np.radians(70.0), node_rad=2.0, argument_rad=1.0)
FLEET: Final = {"LOW": LOW, "POLAR": POLAR, "ECC": ECCENTRIC}


def write_workspace(
    directory: Path,
    *,
    orbits: Mapping[str, Kepler] = FLEET,
    span_days: float = 1.0,
    limit_km: float = 100.0,
    extra: str = "",
) -> Path:
    """nearpass.toml and one OEM file an orbit, covering the window with an hour to spare; the configuration's path."""
    folder = directory / "ephemerides"
    folder.mkdir(parents=True)
    tables = []
    for name, orbit in orbits.items():
        text = write_oem(message(segment(orbit, -3600.0, span_days * 86_400.0 + 3600.0, 60.0)))
        (folder / f"{name.lower()}_1.oem").write_text(text)
        tables.append(
            f'[[object]]\nid = "{name}"\nname = "{name} orbiter"\nhbr_m = 5\nlead_time_h = 24\n'
            f'[[object.ephemeris]]\npath = "ephemerides/{name.lower()}_*.oem"\noriginator = "TEST"\n'
        )
    config = directory / "nearpass.toml"
    config.write_text(
        f'[cycle]\nbody = "MARS"\nspan_days = {span_days}\nlimit_km = {limit_km}\n'
        "[alert.red]\ncad_km = 3\n[alert.yellow]\ncad_km = 10\n" + extra + "".join(tables)
    )
    return config
