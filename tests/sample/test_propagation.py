"""The force model of the sample against secular theory, conservation laws and an independent integration."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.polynomial import legendre
from scipy.integrate import solve_ivp

from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.sample.orbits import Shape, state_of_elements
from nearpass.sample.propagation import (
    EQUATOR_FROM_ICRF,
    GMM3,
    Batch,
    Sampling,
    Thrust,
    ZonalField,
    propagate,
    zonal_acceleration,
)

EPOCH = Epoch.parse("2021-03-01")
SUN_GM_KM3_S2 = 132_712_440_041.0
POINT_MASS = ZonalField(gm_km3_s2=GMM3.gm_km3_s2, reference_radius_km=3396.0, j2=0.0, j3=0.0, j4=0.0)
# A tenth of Mars's oblateness, so that first-order theory is good to a thousandth.
OBLATE = ZonalField(gm_km3_s2=GMM3.gm_km3_s2, reference_radius_km=3396.0, j2=GMM3.j2 / 10.0, j3=0.0, j4=0.0)
LOW = Shape(periapsis_km=3651.0, apoapsis_km=3716.0, inclination_deg=92.7)
ECCENTRIC = Shape(periapsis_km=3546.0, apoapsis_km=7896.0, inclination_deg=75.0)
PARKING = Shape(periapsis_km=3676.0, apoapsis_km=62_396.0, inclination_deg=87.0)
HIGH = Shape(periapsis_km=23396.0, apoapsis_km=46396.0, inclination_deg=25.0)

ROUNDING = 1e-12
ROUNDING_KM = 1e-9
INTEGRATION_KM = 1e-6  # a millimetre
INTEGRATION_ENERGY = 1e-13  # relative; rounding of a state over two days
LSODA_KM = 1e-4  # over a day at a tolerance of 1e-12
SECOND_ORDER = 0.002  # first-order secular rates leave out terms of the order of J2 times themselves
TIDE_TRUNCATION_KM = 1e-3  # the Sun's second term, over a day at 46 000 km


def batch_of(*shapes: Shape, tangential_km_s2: float = 0.0) -> Batch:
    states = [
        state_of_elements(
            shape, node_deg=40.0, periapsis_argument_deg=60.0, true_anomaly_deg=10.0, gm_km3_s2=GMM3.gm_km3_s2
        )
        for shape in shapes
    ]
    return Batch(
        epochs=(EPOCH,) * len(shapes),
        states=np.array(states),
        tangential_km_s2=np.full(len(shapes), tangential_km_s2),
    )


def all_columns(batch: Batch, offsets_s: np.ndarray) -> list[Sampling]:
    return [Sampling(columns=np.arange(len(batch)), offsets_s=np.asarray(offsets_s, dtype=float))]


def potential(position_km: np.ndarray, field: ZonalField) -> complex:
    """GM/r (1 - sum J_n (R/r)**n P_n(z/r)), by numpy's Legendre series; complex positions allowed."""
    radius_km = np.sqrt(np.sum(position_km**2))
    ratio = field.reference_radius_km / radius_km
    zonals = [0.0, 0.0, field.j2 * ratio**2, field.j3 * ratio**3, field.j4 * ratio**4]
    return field.gm_km3_s2 / radius_km * (1.0 - legendre.legval(position_km[2] / radius_km, zonals))


@pytest.mark.parametrize("direction", [(1.0, 0.2, 0.1), (-0.3, 0.5, 0.8), (0.1, -0.1, -1.0), (0.6, 0.7, 0.0)])
def test_zonal_acceleration_is_the_gradient_of_the_potential(direction: tuple[float, float, float]) -> None:
    """The acceleration equals the complex-step derivative of the zonal potential in each axis."""
    position_km = 3700.0 * np.array(direction) / np.linalg.norm(direction)
    step_km = 1e-20
    gradient = [(potential(position_km + 1j * step_km * axis, GMM3)).imag / step_km for axis in np.eye(3)]
    found = zonal_acceleration(position_km[:, None], GMM3)[:, 0]
    assert found == pytest.approx(gradient, rel=ROUNDING, abs=ROUNDING * np.linalg.norm(gradient))


def test_without_perturbations_an_orbit_closes_after_its_kepler_period() -> None:
    """About a point mass the state returns to itself after 2 pi sqrt(a**3/GM)."""
    batch = batch_of(ECCENTRIC)
    period_s = 2.0 * np.pi * np.sqrt(ECCENTRIC.semi_major_km**3 / POINT_MASS.gm_km3_s2)
    (states,) = propagate(batch, all_columns(batch, [period_s]), field=POINT_MASS, planets=None)
    assert np.linalg.norm(states[0, 0, :3] - batch.states[0, :3]) < INTEGRATION_KM


def test_energy_is_conserved_in_the_zonal_field() -> None:
    """Kinetic energy minus the potential stays the same over two days where nothing depends on time."""
    batch = batch_of(LOW, ECCENTRIC)
    (states,) = propagate(batch, all_columns(batch, np.linspace(0.0, 2.0 * DAY_S, 9)), planets=None)
    for column in range(len(batch)):
        energies = [0.5 * state[3:] @ state[3:] - potential(state[:3], GMM3).real for state in states[:, column]]
        assert np.ptp(energies) < INTEGRATION_ENERGY * abs(energies[0])


def test_a_tangential_acceleration_changes_the_energy_by_its_work() -> None:
    """Energy grows by acceleration times the path length, which is what a drag error does with its sign."""
    pushed_km_s2 = 1e-9
    batch = batch_of(LOW, tangential_km_s2=pushed_km_s2)
    offsets_s = np.linspace(0.0, DAY_S, 20_001)
    (states,) = propagate(batch, all_columns(batch, offsets_s), planets=None)
    gained = [0.5 * state[3:] @ state[3:] - potential(state[:3], GMM3).real for state in states[[0, -1], 0]]
    path_km = np.trapezoid(np.linalg.norm(states[:, 0, 3:], axis=1), offsets_s)
    assert gained[1] - gained[0] == pytest.approx(pushed_km_s2 * path_km, rel=1e-5)


@pytest.mark.parametrize("shape", [LOW, ECCENTRIC])
def test_node_and_periapsis_drift_at_the_secular_rates_of_j2(shape: Shape) -> None:
    """Drifts are -3/2 n J2 (R/p)**2 cos i and 3/4 n J2 (R/p)**2 (5 cos**2 i - 1) (Vallado 2013, eqs. 9-37, 9-39)."""
    batch = batch_of(shape)
    motion_rad_s = np.sqrt(OBLATE.gm_km3_s2 / shape.semi_major_km**3)
    factor = 1.5 * motion_rad_s * OBLATE.j2 * (OBLATE.reference_radius_km / shape.parameter_km) ** 2
    cosine = np.cos(np.radians(shape.inclination_deg))
    offsets_s = np.linspace(0.0, 5.0 * DAY_S, 4001)
    (states,) = propagate(batch, all_columns(batch, offsets_s), field=OBLATE, planets=None)
    position_km, velocity_km_s = states[:, 0, :3], states[:, 0, 3:]
    momentum = np.cross(position_km, velocity_km_s)
    node_rad = np.unwrap(np.arctan2(momentum[:, 0], -momentum[:, 1]))
    assert np.polyfit(offsets_s, node_rad, 1)[0] == pytest.approx(-factor * cosine, rel=SECOND_ORDER)
    if shape is ECCENTRIC:  # the periapsis of a nearly circular orbit swings too far to fit a line
        toward = np.cross(velocity_km_s, momentum) / OBLATE.gm_km3_s2
        toward -= position_km / np.linalg.norm(position_km, axis=1, keepdims=True)
        to_node = np.stack([np.cos(node_rad), np.sin(node_rad), 0.0 * node_rad], axis=1)
        ahead = np.cross(momentum / np.linalg.norm(momentum, axis=1, keepdims=True), to_node)
        argument_rad = np.unwrap(np.arctan2(np.sum(toward * ahead, axis=1), np.sum(toward * to_node, axis=1)))
        expected = 0.5 * factor * (5.0 * cosine**2 - 1.0)
        assert np.polyfit(offsets_s, argument_rad, 1)[0] == pytest.approx(expected, rel=SECOND_ORDER)


@pytest.mark.parametrize("shape", [LOW, HIGH])
def test_states_agree_with_an_independent_integration(shape: Shape) -> None:
    """LSODA with numerically differentiated gravity and the Sun's full disturbing acceleration gives the same day."""
    planets = PlanetaryEphemeris.default()
    sun_icrf_km, _ = planets.state(10, 499, EPOCH, np.linspace(0.0, DAY_S, 5))
    sun_line = np.polyfit(np.linspace(0.0, DAY_S, 5), sun_icrf_km @ EQUATOR_FROM_ICRF.T, 2)
    step_km = 1e-20

    def derivative(offset_s: float, state: np.ndarray) -> np.ndarray:
        position_km = state[:3]
        gravity = [potential(position_km + 1j * step_km * axis, GMM3).imag / step_km for axis in np.eye(3)]
        sun_km = (sun_line[0] * offset_s + sun_line[1]) * offset_s + sun_line[2]
        apart_km = sun_km - position_km
        tide = SUN_GM_KM3_S2 * (apart_km / np.linalg.norm(apart_km) ** 3 - sun_km / np.linalg.norm(sun_km) ** 3)
        return np.concatenate([state[3:], gravity + tide])

    batch = batch_of(shape)
    span_s = DAY_S / 4.0 if shape is LOW else DAY_S
    other = solve_ivp(derivative, (0.0, span_s), batch.states[0], method="LSODA", rtol=1e-12, atol=1e-12)
    (states,) = propagate(batch, all_columns(batch, [span_s]), planets=planets)
    tolerance_km = LSODA_KM if shape is LOW else TIDE_TRUNCATION_KM
    assert np.linalg.norm(states[0, 0, :3] - other.y[:3, -1]) < tolerance_km


def written_out(state: np.ndarray, push_km_s2: float) -> np.ndarray:
    """The equations of motion in Cartesian coordinates, term by term, without the Sun."""
    position_km, velocity_km_s = state[:3], state[3:]
    radius_km = np.sqrt(position_km @ position_km)
    u, q = position_km[2] / radius_km, GMM3.reference_radius_km / radius_km
    j2, j3, j4 = GMM3.j2 * q**2, GMM3.j3 * q**3, GMM3.j4 * q**4
    by_radius = j2 * 3.0 * (3.0 * u * u - 1.0) / 2.0 + j3 * 4.0 * (5.0 * u**3 - 3.0 * u) / 2.0
    by_radius += j4 * 5.0 * (35.0 * u**4 - 30.0 * u * u + 3.0) / 8.0
    by_sine = j2 * 3.0 * u + j3 * (15.0 * u * u - 3.0) / 2.0 + j4 * (140.0 * u**3 - 60.0 * u) / 8.0
    outward = position_km / radius_km
    gravity = -GMM3.gm_km3_s2 / radius_km**2
    acceleration = gravity * (1.0 - by_radius) * outward + gravity * by_sine * (np.array([0.0, 0.0, 1.0]) - u * outward)
    push = velocity_km_s * (push_km_s2 / np.sqrt(velocity_km_s @ velocity_km_s))
    return np.concatenate([velocity_km_s, acceleration + push])


def flown(state: np.ndarray, legs: list[tuple[float, float]]) -> np.ndarray:
    """The state after legs of so many seconds at such an acceleration, by DOP853 at the rounding of a double."""
    for span_s, push_km_s2 in legs:
        end = solve_ivp(
            lambda _, y, push=push_km_s2: written_out(y, push),
            (0.0, span_s),
            state,
            method="DOP853",
            rtol=3e-14,
            atol=1e-14,
        )
        state = end.y[:, -1]
    return state


@pytest.mark.parametrize(
    ("shape", "span_s"),
    [(LOW, DAY_S), (LOW, -DAY_S), (ECCENTRIC, DAY_S), (PARKING, 6.0 * DAY_S), (PARKING, -6.0 * DAY_S)],
)
def test_the_integration_is_right_to_a_millimetre(shape: Shape, span_s: float) -> None:
    """The same forces in Cartesian coordinates, by DOP853 at its tightest, lead to the same place, past or future."""
    push_km_s2 = 1e-11
    batch = batch_of(shape, tangential_km_s2=push_km_s2)
    (states,) = propagate(batch, all_columns(batch, [span_s]), planets=None)
    other = flown(batch.states[0], [(span_s, push_km_s2)])
    assert np.linalg.norm(states[0, 0, :3] - other[:3]) < INTEGRATION_KM


def test_an_approach_from_outside_is_right_to_a_millimetre() -> None:
    """An open orbit is flown from far out to its periapsis, and from there out again."""
    periapsis_km, excess_km_s = 3500.0, 2.6
    speed_km_s = np.sqrt(excess_km_s**2 + 2.0 * GMM3.gm_km3_s2 / periapsis_km)
    state = np.array([periapsis_km, 0.0, 0.0, 0.0, 0.8 * speed_km_s, 0.6 * speed_km_s])
    batch = Batch(epochs=(EPOCH,), states=state[None], tangential_km_s2=np.zeros(1))
    for span_s in (-1.5 * DAY_S, 1.5 * DAY_S):
        (states,) = propagate(batch, all_columns(batch, [span_s]), planets=None)
        assert np.linalg.norm(states[0, 0, :3]) > 250_000.0
        assert np.linalg.norm(states[0, 0, :3] - flown(state, [(span_s, 0.0)])[:3]) < INTEGRATION_KM


def test_a_manoeuvre_begins_and_ends_at_its_instants() -> None:
    """A burn of five minutes gives what its three legs give when they are flown one after the other, both ways."""
    push_km_s2, start_s, stop_s, span_s = 2e-7, 20_000.0, 20_300.0, 40_000.0
    plain = batch_of(LOW, ECCENTRIC)
    batch = replace(plain, thrusts=(Thrust(start_s=start_s, stop_s=stop_s, tangential_km_s2=push_km_s2), None))
    (states,) = propagate(batch, all_columns(batch, [span_s]), planets=None)
    legs = [(start_s, 0.0), (stop_s - start_s, push_km_s2), (span_s - stop_s, 0.0)]
    assert np.linalg.norm(states[0, 0, :3] - flown(batch.states[0], legs)[:3]) < INTEGRATION_KM
    (unpushed,) = propagate(plain, all_columns(plain, [span_s]), planets=None)
    assert np.linalg.norm((states - unpushed)[0, 1, :3]) < ROUNDING_KM
    assert np.linalg.norm(states[0, 0, :3] - unpushed[0, 0, :3]) > 1.0
    back = Thrust(start_s=start_s - span_s, stop_s=stop_s - span_s, tangential_km_s2=push_km_s2)
    later = Batch(epochs=batch.epochs, states=states[0], tangential_km_s2=np.zeros(2), thrusts=(back, None))
    (again,) = propagate(later, all_columns(later, [-span_s]), planets=None)
    assert np.abs(again[0, :, :3] - batch.states[:, :3]).max() < INTEGRATION_KM


def test_the_sun_is_not_negligible_where_its_tide_is_tested() -> None:
    """Without the Sun the high orbit ends the day much farther off than the tolerance of that comparison."""
    batch = batch_of(HIGH)
    with_sun = propagate(batch, all_columns(batch, [DAY_S]), planets=PlanetaryEphemeris.default())[0]
    without = propagate(batch, all_columns(batch, [DAY_S]), planets=None)[0]
    assert np.linalg.norm((with_sun - without)[0, 0, :3]) > 100.0 * TIDE_TRUNCATION_KM


def test_offsets_on_both_sides_of_the_epoch_join() -> None:
    """Going back a day and forth again from there returns to the start."""
    batch = batch_of(LOW, HIGH)
    (states,) = propagate(batch, all_columns(batch, [-DAY_S, 0.0]), planets=None)
    assert states[1] == pytest.approx(batch.states, abs=0.0)
    earlier = Batch(epochs=batch.epochs, states=states[0], tangential_km_s2=batch.tangential_km_s2)
    (again,) = propagate(earlier, all_columns(batch, [DAY_S]), planets=None)
    assert np.abs(again[0, :, :3] - batch.states[:, :3]).max() < INTEGRATION_KM
