"""How long it takes to read four weeks of states, one a minute: in XML, and with a covariance at each.

The reference is ccsds-ndm-py, a reader written in Rust, on the same text.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable

import ccsds_ndm
import numpy as np

from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import DAY_S, NS, Epoch, TimeSystem
from nearpass.ephemeris.lint import lint_oem
from nearpass.messages import oem_xml_fast
from nearpass.messages.oem import OemCovariances, OemHeader, OemMessage, OemSegment, parse_oem
from nearpass.messages.oem_write import write_oem

STATES = 40_320
RUNS = 5
START = Epoch.parse("2021-03-01T00:00:00")


def message_of(*, with_covariances: bool) -> OemMessage:
    """A circular orbit about Mars, with covariances if asked for."""
    offsets_s = np.arange(STATES) * 60.0
    angle = 9e-4 * offsets_s
    positions_km = 3_800.0 * np.stack([np.cos(angle), 0.8 * np.sin(angle), 0.6 * np.sin(angle)], axis=1)
    velocities_km_s = 3.42 * np.stack([-np.sin(angle), 0.8 * np.cos(angle), 0.6 * np.cos(angle)], axis=1)
    epochs_ns = START.tai_ns + np.arange(STATES) * 60 * NS
    matrices = np.tile(np.diag(np.arange(1.0, 7.0)) * 1e-3, (STATES, 1, 1)) * (1.0 + offsets_s)[:, None, None]
    covariances = OemCovariances(epochs_tai_ns=epochs_ns, matrices=matrices, frames=("RTN",) * STATES, comments=())
    segment = OemSegment(
        object_name="ORBITER", object_id="2005-029A", center_name="MARS", ref_frame="ICRF", ref_frame_epoch=None,
        time_system=TimeSystem.UTC, start=START, stop=Epoch(int(epochs_ns[-1])), useable_start=None,
        useable_stop=None, interpolation="HERMITE", degree=7, comments=(), first_line=1, epochs_tai_ns=epochs_ns,
        positions_km=positions_km, velocities_km_s=velocities_km_s, accelerations_km_s2=None,
        covariances=covariances if with_covariances else None,
    )  # fmt: skip
    header = OemHeader(
        version="2.0", creation=START, originator="TEST", classification=None, message_id=None, comments=()
    )
    return OemMessage(header=header, segments=(segment,))


def median_s(work: Callable[[], object]) -> float:
    """Median of several runs after one to warm up."""
    work()
    times_s = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        work()
        times_s.append(time.perf_counter() - begun)
    return statistics.median(times_s)


def peak_bytes(work: Callable[[], object]) -> int:
    """The most memory that a run holds beyond what there was."""
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def carefully(data: bytes) -> OemMessage:
    """Read element by element, as where an element is written otherwise than the one before."""
    least, oem_xml_fast._LEAST = oem_xml_fast._LEAST, len(data) + 1  # type: ignore[misc]  # no stretch
    try:
        return parse_oem(data, "bench.oem")
    finally:
        oem_xml_fast._LEAST = least  # type: ignore[misc]  # as it was


def main() -> None:
    """Print one row a measurement."""
    print("what | median s | ratio to reference | note")
    message = message_of(with_covariances=True)
    judged_s = median_s(
        lambda: lint_oem(message, body=body_named("MARS"), cutoff=START, window_s=28.0 * DAY_S, period_s=7_000.0)
    )
    print(f"lint_oem | {judged_s:.4f} | - | {STATES} states with covariances")
    text = write_oem(message_of(with_covariances=True))
    data = text.encode()
    reference_s = median_s(lambda: ccsds_ndm.Oem.from_str(text, format="kvn"))
    ours_s = median_s(lambda: parse_oem(data, "bench.oem"))
    print(f"ccsds-ndm-py, KVN, states and covariances | {reference_s:.4f} | 1.0 | {len(data) / 1e6:.1f} MB")
    print(f"parse_oem, KVN, states and covariances | {ours_s:.4f} | {ours_s / reference_s:.2f} |")
    for name, with_covariances in (("states", False), ("states and covariances", True)):
        text = write_oem(message_of(with_covariances=with_covariances), "xml")
        data = text.encode()
        reference_s = median_s(lambda: ccsds_ndm.Oem.from_str(text, format="xml"))  # noqa: B023  # called at once
        print(f"ccsds-ndm-py, XML, {name} | {reference_s:.4f} | 1.0 | {len(data) / 1e6:.1f} MB")
        ours_s = median_s(lambda: parse_oem(data, "bench.oem"))  # noqa: B023  # called at once
        peak = peak_bytes(lambda: parse_oem(data, "bench.oem")) / len(data)  # noqa: B023  # called at once
        print(f"parse_oem, XML, {name} | {ours_s:.4f} | {ours_s / reference_s:.2f} | peak {peak:.1f} times the text")
        slow_s = median_s(lambda: carefully(data))  # noqa: B023  # called at once
        print(f"parse_oem by elements, XML, {name} | {slow_s:.4f} | {slow_s / reference_s:.2f} | irregular text")


if __name__ == "__main__":
    main()
