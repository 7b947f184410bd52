"""From the fleet's definition to true states and to what its agencies would have predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.epochs import Epoch
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.sample.delivery_text import Delivery
from nearpass.sample.fleet import Encounter, Entry, Member
from nearpass.sample.orbits import state_of_elements, state_of_encounter, state_of_entry
from nearpass.sample.predictions import Prediction, predict
from nearpass.sample.propagation import MARS, Batch, Sampling, Thrust, delayed, propagate

FloatArray = NDArray[np.float64]


def deliveries(fleet: Sequence[Member]) -> tuple[Delivery, ...]:
    """All deliveries of a fleet, object by object."""
    return tuple(
        Delivery(member=member, issue=issue, number=number)
        for member in fleet
        for number, issue in enumerate(member.issues, start=member.first_number)
    )


def placed(fleet: Sequence[Member], planets: PlanetaryEphemeris) -> dict[str, Batch]:
    """The true orbit of each object at the epoch at which the fleet's definition fixes it.

    Objects with given angles first, then those that an encounter with one of them fixes.
    """
    orbits: dict[str, Batch] = {}
    for member in sorted(fleet, key=lambda member: isinstance(member.place, Encounter)):
        place = member.place
        if isinstance(place, Encounter):
            epoch = Epoch.parse(place.tca_utc)
            primary = orbits[place.primary]
            state = state_of_encounter(
                delayed(primary, np.array([epoch - primary.epochs[0]]), planets=planets).states[0],
                place.shape,
                xi_km=place.xi_km,
                zeta_km=place.zeta_km,
                northbound=place.northbound,
                outbound=place.outbound,
                gm_km3_s2=MARS.gm_km3_s2,
            )
        elif isinstance(place, Entry):
            epoch = Epoch.parse(place.epoch_utc)
            state = state_of_entry(
                radius_km=place.radius_km,
                latitude_deg=place.latitude_deg,
                right_ascension_deg=place.right_ascension_deg,
                speed_km_s=place.speed_km_s,
                flight_path_deg=place.flight_path_deg,
                azimuth_deg=place.azimuth_deg,
            )
        else:
            epoch = Epoch.parse(place.epoch_utc)
            state = state_of_elements(
                place.shape,
                node_deg=place.node_deg,
                periapsis_argument_deg=place.periapsis_argument_deg,
                true_anomaly_deg=place.true_anomaly_deg,
                gm_km3_s2=MARS.gm_km3_s2,
            )
        orbits[member.id] = Batch(epochs=(epoch,), states=state[None], tangential_km_s2=np.zeros(1))
    return orbits


def true_states(orbits: Mapping[str, Batch], wanted: Sequence[tuple[str, Epoch]], planets: PlanetaryEphemeris) -> Batch:
    """The true state of an object at an epoch, for each pair wanted; all objects are integrated together."""
    names = sorted(orbits)
    together = Batch(
        epochs=tuple(orbits[name].epochs[0] for name in names),
        states=np.concatenate([orbits[name].states for name in names]),
        tangential_km_s2=np.zeros(len(names)),
    )
    samplings = []
    for column, name in enumerate(names):
        offsets_s = sorted({epoch - together.epochs[column] for at, epoch in wanted if at == name})
        if offsets_s:
            samplings.append(Sampling(columns=np.array([column]), offsets_s=np.array(offsets_s)))
    found: dict[tuple[str, float], FloatArray] = {}
    for sampling, states in zip(samplings, propagate(together, samplings, planets=planets), strict=True):
        name = names[int(sampling.columns[0])]
        found.update({(name, offset_s): state[0] for offset_s, state in zip(sampling.offsets_s, states, strict=True)})
    return Batch(
        epochs=tuple(epoch for _, epoch in wanted),
        states=np.array([found[name, epoch - orbits[name].epochs[0]] for name, epoch in wanted]),
        tangential_km_s2=np.zeros(len(wanted)),
    )


def predictions(
    wanted: Sequence[Delivery], truth: Batch, span_s: float, planets: PlanetaryEphemeris
) -> list[Prediction]:
    """The prediction in each delivery: the true state at its start, an error drawn at random, and its propagation."""
    draws = [np.random.default_rng((delivery.member.seed, delivery.number)).standard_normal(7) for delivery in wanted]
    knowledge = [delivery.member.knowledge for delivery in wanted]
    thrusts = [_thrust(delivery) for delivery in wanted]
    stated = [delivery.member.with_covariance for delivery in wanted]
    return predict(
        truth,
        knowledge,
        np.array(draws),
        span_s,
        with_covariance=stated,
        stops_s=[span_s if delivery.stop is None else delivery.stop - delivery.start for delivery in wanted],
        thrusts=thrusts,
        planets=planets,
    )


def _thrust(delivery: Delivery) -> Thrust | None:
    """The manoeuvre that a delivery foresees, from its first state on."""
    burn = delivery.member.burn
    if burn is None:
        return None
    start_s = Epoch.parse(burn.start_utc) - delivery.start
    return Thrust(
        start_s=start_s,
        stop_s=start_s + burn.duration_s,
        tangential_km_s2=burn.delta_v_m_s / 1e3 / burn.duration_s,
    )
