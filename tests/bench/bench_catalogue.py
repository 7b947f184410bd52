"""Catalogues of element sets, all against all for a day: speed beside astroz, and what either finds of the truth.

A fast list that misses events is no result: completeness stands beside each time. The truth, sgp4 every two seconds
with a tree at each, takes minutes for 1,000 objects; NEARPASS_BENCH=full has it for 5,000 as well, and 26,085 objects.
Neither astroz nor ssatk is needed by nearpass: ``pip install astroz==0.17.0 ssatk==1.1.4`` for the comparison.
"""

import os
import resource
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import numpy as np
from sgp4.api import Satrec, SatrecArray
from sgp4.exporter import export_tle
from sgp4.io import fix_checksum

sys.path.insert(0, str(Path(__file__).parents[1]))

from catalogues import EPOCH, fleet_of, low_orbits, structured
from dense_catalogue import Minimum, dense_minima
from nearpass.screening.catalogue import Approaches, screen_catalogue
from nearpass.screening.workers import Cluster, Processes, Serial, Workers

DAY_S = 86_400.0
COMOVING_KM_S = 0.01
FULL = os.environ.get("NEARPASS_BENCH") == "full"
SAME_S = 0.01
SSATK_KM = 50.0
SSATK_S = 7_200.0
SSATK_SAME_S = 1.0  # its motion between two states is a line or a cubic


def main() -> None:
    """Random low orbits and the structured catalogue; doublings; two workers; memory."""
    _beside_astroz("1,000 low orbits", _rounded(low_orbits(1000, 1)), 10.0, truth=True)
    _beside_astroz("1,000 structured", _rounded(structured(1000)), 10.0, truth=True)
    _beside_astroz("5,000 low orbits", _rounded(low_orbits(5000, 2)), 10.0, truth=FULL)
    if FULL:
        _beside_astroz("26,085 low orbits", _rounded(low_orbits(26_085, 4)), 5.0, truth=False)
    _beside_ssatk()
    _doublings()
    _workers()
    _large()


def _rounded(satellites: list[Satrec]) -> list[Satrec]:
    """As two-line elements have them, so that all tools propagate the same."""
    return [Satrec.twoline2rv(*lines) for lines in _lines(satellites)]


def _lines(satellites: list[Satrec]) -> list[tuple[str, str]]:
    found = []
    for number, one in enumerate(satellites, start=1):
        one.classification, one.intldesg, one.elnum, one.revnum, one.ephtype = "U", "26001A", 1, 1, 0
        first, second = (fix_checksum(f"{line[:2]}{number:05d}{line[7:]}") for line in export_tle(one))
        found.append((first, second))
    return found


def _beside_astroz(name: str, satellites: list[Satrec], limit_km: float, *, truth: bool) -> None:
    fleet = fleet_of(satellites)
    ours_s, found = _timed(lambda: _screened(fleet, limit_km, Serial()))
    two_s, _ = _timed(lambda: _screened(fleet, limit_km, Processes(2)))
    dense = dense_minima(satellites, (0.0, DAY_S), limit_km) if truth else None
    print(f"{name}, one day, {limit_km:g} km")
    reference_s = _astroz(satellites, limit_km, dense)
    for label, seconds in (("nearpass, one process", ours_s), ("nearpass, two processes", two_s)):
        ratio = f"{seconds / reference_s:8.2f}" if reference_s else "       -"
        print(f"  {label:<26} {seconds:8.2f} s {ratio}  {_told(found, dense)}")


def _screened(fleet: Any, limit_km: float, workers: Workers, days: float = 1.0) -> Approaches:
    return screen_catalogue(
        fleet, (0.0, days * DAY_S), limit_km, workers=workers, comoving_km_s=COMOVING_KM_S
    ).approaches


def _told(found: Approaches, dense: list[Minimum] | None) -> str:
    """How many of the true minima are told, as themselves or in a stretch, and how exactly."""
    count = len(found.first)
    stretches = int(np.isfinite(found.start_s).sum())
    text = f"{count} approaches, {stretches} of them stretches"
    if dense is None:
        return text
    rows: dict[tuple[int, int], list[int]] = {}
    for row, pair in enumerate(zip(found.first.tolist(), found.second.tolist(), strict=True)):
        rows.setdefault(pair, []).append(row)
    told, late_s, off_km = 0, 0.0, 0.0
    for one in dense:
        own = np.array(rows.get((one.first, one.second), []), dtype=int)
        within = own[(found.start_s[own] - SAME_S <= one.offset_s) & (one.offset_s <= found.stop_s[own] + SAME_S)]
        same = own[np.abs(found.offset_s[own] - one.offset_s) <= SAME_S + one.blur_s]
        told += bool(len(within) or len(same))
        if len(same):
            late_s = max(late_s, abs(float(found.offset_s[same[0]]) - one.offset_s) - one.blur_s)
            off_km = max(off_km, abs(float(found.miss_km[same[0]]) - one.miss_km))
    return f"{told} of {len(dense)} minima in {text}, {max(late_s, 0.0) * 1e3:.3f} ms, {off_km * 1e6:.3f} mm"


def _astroz(satellites: list[Satrec], limit_km: float, dense: list[Minimum] | None) -> float | None:
    if find_spec("astroz") is None:
        print("  astroz is not installed: no comparison")
        return None
    astroz = import_module("astroz")
    with TemporaryDirectory() as folder:
        file = Path(folder) / "all.tle"
        file.write_text("".join(f"{first}\n{second}\n" for first, second in _lines(satellites)))
        constellation = astroz.Constellation(str(file))
    start = import_module("datetime").datetime.fromisoformat(f"{EPOCH.iso(digits=0)}+00:00")
    screen: Callable[[], Any] = lambda: astroz.screen(constellation, 1440, threshold=limit_km, start_time=start)  # noqa: E731
    seconds, found = _timed(screen)
    text = f"{len(found.i)} events"
    if dense is not None:  # by time and distance: it leaves out objects, and counts the others anew
        at_s = np.sort(np.asarray(found.time) * 60.0)
        miss_km = np.asarray(found.distance)[np.argsort(found.time)]
        told = 0
        for one in dense:
            near = slice(*np.searchsorted(at_s, [one.offset_s - 2.0, one.offset_s + 2.0]))
            told += bool(np.any(np.abs(miss_km[near] - one.miss_km) < 0.01))
        text = f"{told} of {len(dense)} minima in {text}"
    print(f"  {'astroz, its threads':<26} {seconds:8.2f} s {1.0:8.2f}  {text}")
    return seconds


def _beside_ssatk() -> None:
    """Ssatk screens arrays of states with one tree over all of them: few objects and hours, a wide limit."""
    if find_spec("ssatk") is None:
        print("ssatk is not installed: no comparison")
        return
    satellites = low_orbits(300, 12)
    dense = dense_minima(satellites, (0.0, SSATK_S), SSATK_KM)
    fleet = fleet_of(satellites)
    ours_s, found = _timed(lambda: _screened(fleet, SSATK_KM, Serial(), SSATK_S / DAY_S))
    offsets_s = np.arange(0.0, SSATK_S + 1.0, 60.0)
    _, positions_km, velocities_km_s = SatrecArray(satellites).sgp4(
        np.full(len(offsets_s), satellites[0].jdsatepoch), satellites[0].jdsatepochF + offsets_s / DAY_S
    )
    fleet_m = {
        row: SimpleNamespace(t=offsets_s, r=positions_km[row] * 1e3, v=velocities_km_s[row] * 1e3)
        for row in range(len(satellites))
    }
    screen = import_module("ssatk.ssa.conjunction").catalog_conjunction_screen
    reference_s, events = _timed(lambda: screen(fleet_m, SSATK_KM * 1e3), 1)
    told = sum(
        any(
            (event.object_id_a, event.object_id_b) == (one.first, one.second)
            and abs(float(event.closest_approach.time) - one.offset_s) < SSATK_SAME_S
            for event in events
        )
        for one in dense
    )
    print(f"300 low orbits, {SSATK_S / 3600:g} hours, {SSATK_KM:g} km, states a minute apart for ssatk")
    print(f"  {'ssatk':<26} {reference_s:8.2f} s {1.0:8.2f}  {told} of {len(dense)} minima in {len(events)} events")
    print(f"  {'nearpass, one process':<26} {ours_s:8.2f} s {ours_s / reference_s:8.2f}  {_told(found, dense)}")


def _doublings() -> None:
    """Twice the window, and twice the objects, in seconds of processor time."""
    print("doublings, one process, processor time")
    once_s = _cpu_s(lambda: _screened(fleet_of(low_orbits(2000, 6)), 10.0, Serial(), 0.25))
    window_s = _cpu_s(lambda: _screened(fleet_of(low_orbits(2000, 6)), 10.0, Serial(), 0.5))
    objects_s = _cpu_s(lambda: _screened(fleet_of(low_orbits(4000, 6)), 10.0, Serial(), 0.25))
    print(f"  2,000 objects, 6 h         {once_s:8.2f} s     1.00")
    print(f"  2,000 objects, 12 h        {window_s:8.2f} s {window_s / once_s:8.2f}")
    print(f"  4,000 objects, 6 h         {objects_s:8.2f} s {objects_s / once_s:8.2f}")


def _workers() -> None:
    """One and two workers on the same list."""
    fleet = fleet_of(low_orbits(4000, 7))
    print("workers, 4,000 objects, one day")
    one_s, alone = _timed(lambda: _screened(fleet, 10.0, Processes(1)), 1)
    for label, workers in (("two processes", Processes(2)), ("two Dask workers", Cluster(None, 2))):
        seconds, found = _timed(lambda workers=workers: _screened(fleet, 10.0, workers), 1)
        same = all(np.array_equal(getattr(alone, n), getattr(found, n), equal_nan=True) for n in Approaches.__slots__)
        print(f"  {label:<26} {seconds:8.2f} s, {one_s / seconds:.2f} times one; identical: {same}")


def _large() -> None:
    """30,000 objects: time and memory of some hours; slabs bound the memory, so that a week needs no more."""
    fleet = fleet_of(low_orbits(30_000, 9))
    seconds, found = _timed(lambda: _screened(fleet, 5.0, Serial(), 0.25), 1)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print("30,000 objects, 6 h, 5 km")
    print(f"  nearpass, one process      {seconds:8.2f} s, {len(found.first)} approaches, peak {peak_mb:.0f} MB")


def _timed(task: Callable[[], Any], runs: int = 3) -> tuple[float, Any]:
    """The best of some runs: what others do on the machine only adds."""
    best_s, result = np.inf, None
    for _ in range(runs):
        began = time.perf_counter()
        result = task()
        best_s = min(best_s, time.perf_counter() - began)
    return best_s, result


def _cpu_s(task: Callable[[], Any]) -> float:
    began = time.process_time()
    task()
    return time.process_time() - began


if __name__ == "__main__":
    main()
