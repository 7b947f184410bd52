"""Several approaches of one pair in a cycle: a slow pair is followed through, others are bounded."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fleets import CUTOFF, LOW, POLAR, write_workspace
from nearpass.config import load_config
from nearpass.cycle.pipeline import run_cycle
from nearpass.cycle.together import together
from nearpass.reasons.probabilities import ErrorsShared
from nearpass.record.record import CycleRecord, PairRecord
from nearpass.report.risk_views import together as words

GM_MARS_KM3_S2 = 42828.375
HBR_KM = 0.01
SIGMAS = "radial_km = 0.05\ntransverse_km = 0.2\nnormal_km = 0.05\ntiming_s = 0.01\ntiming_growth_s_per_day = 0.01\n"


def quiet(_: str, __: int) -> Callable[[int], None]:
    return lambda _: None


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> CycleRecord:
    """Two objects on nearly one orbit for two and a half revolutions, which come near twice in each, and a third."""
    directory = tmp_path_factory.mktemp("slow")
    beside = replace(LOW, e=LOW.e + 2e-5, inclination_rad=LOW.inclination_rad + 2e-5)
    path = write_workspace(
        directory, orbits={"LOW": LOW, "BESIDE": beside, "POLAR": POLAR}, limit_km=500.0, span_days=0.2
    )
    table = f'[object.uncertainty]\n{SIGMAS}source = "assumed for this test"\n[[object.ephemeris]]'
    path.write_text(path.read_text().replace("[[object.ephemeris]]", table))
    config, text = load_config(path)
    return run_cycle(config, text, directory, CUTOFF, None, quiet).record


def pair(record: CycleRecord, first: str, second: str) -> PairRecord:
    return next(one for one in record.pairs if (one.primary, one.secondary) == (first, second))


def test_the_approaches_of_a_slow_pair_are_followed_through(record: CycleRecord) -> None:
    """Every approach of the slow pair stands in a chain whose probability lies between the largest and the sum."""
    found = pair(record, "BESIDE", "LOW")
    chains = [one for one in found.together if one.pc is not None]
    assert len(found.event_ids) > 1
    assert chains
    assert {key for chain in chains for key in chain.event_ids} <= set(found.event_ids)
    for chain in chains:
        assert chain.pc is not None
        assert 0.0 < chain.pc <= chain.most_pc * 1.01
        assert chain.pc >= chain.least_pc * 0.9  # the approach's own span is cut at the middle to the next one


@pytest.mark.parametrize(
    ("share", "revolutions", "followed"), [(0.009, 0.9, True), (0.011, 0.9, False), (0.009, 1.1, False)]
)
def test_a_slow_pair_is_below_a_hundredth_of_the_orbital_speed_and_meets_within_a_revolution(
    record: CycleRecord, share: float, revolutions: float, followed: bool
) -> None:
    """A faster pair, or one that meets again only after more than a revolution, has bounds alone."""
    events = [event for event in record.events if (event.primary, event.secondary) == ("BESIDE", "LOW")][:2]
    period_s = 2.0 * np.pi * np.sqrt(LOW.a_km**3 / GM_MARS_KM3_S2)
    slow = []
    for place, event in enumerate(events):
        x, y, z = event.primary_velocity_km_s
        faster = tuple((1.0 + share) * value for value in (x, y, z))
        slow.append(replace(event, tca=events[0].tca + place * revolutions * period_s, secondary_velocity_km_s=faster))
    found = together(slow, HBR_KM, GM_MARS_KM3_S2)

    assert any(one.pc is not None for one in found) is followed


def test_the_approaches_of_a_fast_pair_are_bounded(record: CycleRecord) -> None:
    """Approaches at kilometres a second are never followed through: largest and sum are what is known."""
    found = pair(record, "LOW", "POLAR")
    events = [event for event in record.events if event.event_id in found.event_ids]
    (bounds,) = found.together

    assert bounds.pc is None
    assert bounds.least_pc == max(event.probability.pc for event in events)
    assert bounds.most_pc == pytest.approx(min(1.0, sum(event.probability.pc for event in events)))
    assert bounds.why == ErrorsShared()


def test_one_approach_is_not_combined(record: CycleRecord) -> None:
    """A single approach, or several of which one has a probability, say nothing together."""
    events = [event for event in record.events if (event.primary, event.secondary) == ("LOW", "POLAR")]
    mute = replace(events[0], probability=replace(events[0].probability, pc=None))

    assert together(events[:1], HBR_KM, GM_MARS_KM3_S2) == ()
    assert together([mute, *events[1:2]], HBR_KM, GM_MARS_KM3_S2) == ()


def test_the_page_tells_the_chain_and_the_bounds(record: CycleRecord) -> None:
    """The sentence of a chain gives one figure, that of bounds two, or one where both are nothing."""
    found = pair(record, "BESIDE", "LOW").together[0]

    assert words(found, record.events).startswith("Combined Pc of the ")
    bounds = replace(found, pc=None, least_pc=1e-5, most_pc=3e-5)
    assert "between 1.0e-5 and 3.0e-5" in words(bounds, record.events)
    assert words(replace(bounds, least_pc=0.0, most_pc=0.0), record.events).endswith("below 1e-20.")
    assert np.isfinite(found.most_pc)
