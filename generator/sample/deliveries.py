"""From the fleet's definition to the OEM messages that its agencies would have delivered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from generator.astro.epochs import DAY_S, NS, Epoch, tai_ns
from generator.astro.frames import PlanetaryEphemeris, icrf_from_axes
from generator.ephemeris.oem import OemCovariances, OemHeader, OemMessage, OemSegment
from generator.sample.fleet import CUTOFFS, Encounter, Issue, Member
from generator.sample.orbits import state_of_elements, state_of_encounter
from generator.sample.predictions import Prediction, predict
from generator.sample.propagation import EQUATOR_FROM_ICRF, MARS, Batch, Sampling, delayed, propagate

FloatArray = NDArray[np.float64]

SPAN_DAYS: Final = 24.0
_INTERPOLATION: Final = "HERMITE"
_DEGREE: Final = 7
_COMMENTS: Final = (
    "RECONSTRUCTION made by nearpass from published orbits. NOT A REAL EPHEMERIS.",
    "No agency produced or endorsed it; the angles and the positions along the orbits are invented.",
    "Force model: GM, J2, J3 and J4 of Mars (GMM-3), tide of the Sun (DE421).",
)
_NO_COVARIANCE: Final = "No covariance and no expected accuracy are given."


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One file: whose, which of its issues, and the number of the issue from 0."""

    member: Member
    issue: Issue
    number: int

    @property
    def start(self) -> Epoch:
        """Epoch of the first state, a whole second of the file's own time system."""
        return Epoch.parse(self.issue.start, self.member.time_system)

    @property
    def file_name(self) -> str:
        """Such as ``mro_20210224.oem``."""
        return f"{self.member.id.lower()}_{self.issue.date.replace('-', '')}.oem"


def deliveries(fleet: Sequence[Member]) -> tuple[Delivery, ...]:
    """All deliveries of a fleet, object by object."""
    return tuple(
        Delivery(member=member, issue=issue, number=number)
        for member in fleet
        for number, issue in enumerate(member.issues)
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
                member.shape,
                xi_km=place.xi_km,
                zeta_km=place.zeta_km,
                northbound=place.northbound,
                outbound=place.outbound,
                gm_km3_s2=MARS.gm_km3_s2,
            )
        else:
            epoch = Epoch.parse(place.epoch_utc)
            state = state_of_elements(
                member.shape,
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


def messages(
    wanted: Sequence[Delivery], truth: Batch, span_s: float, planets: PlanetaryEphemeris
) -> Iterator[tuple[Delivery, OemMessage]]:
    """The message of each delivery: the true state at its start, an error drawn at random, and its propagation."""
    draws = np.array(
        [np.random.default_rng((delivery.member.seed, delivery.number)).standard_normal(7) for delivery in wanted]
    )
    knowledge = [delivery.member.knowledge for delivery in wanted]
    predictions = predict(truth, knowledge, draws, span_s, planets=planets)
    for delivery, prediction in zip(wanted, predictions, strict=True):
        yield delivery, _message(delivery, prediction)


def _message(delivery: Delivery, prediction: Prediction) -> OemMessage:
    """A prediction in the words and axes of its agency."""
    member, issue = delivery.member, delivery.issue
    epochs = _epochs_tai_ns(delivery, prediction.offsets_s)
    # A file with undefined axes holds numbers all the same: those of its agency's usual axes.
    rotation = icrf_from_axes(member.ref_frame).T @ EQUATOR_FROM_ICRF.T
    return OemMessage(
        header=OemHeader(
            version="2.0",
            creation=Epoch.parse(issue.creation_utc),
            originator=member.originator,
            classification=None,
            message_id=None,
            comments=_COMMENTS if member.with_covariance else (*_COMMENTS, _NO_COVARIANCE),
        ),
        segments=(
            OemSegment(
                object_name=member.id,
                object_id=member.designator,
                center_name=MARS.name,
                ref_frame=issue.ref_frame or member.ref_frame,
                ref_frame_epoch=None,
                time_system=member.time_system,
                start=Epoch(int(epochs[0])),
                stop=Epoch(int(epochs[-1])),
                useable_start=None,
                useable_stop=None,
                interpolation=_INTERPOLATION,
                degree=_DEGREE,
                comments=(),
                first_line=0,
                epochs_tai_ns=epochs,
                positions_km=prediction.states[:, :3] @ rotation.T,
                velocities_km_s=prediction.states[:, 3:] @ rotation.T,
                accelerations_km_s2=None,
                covariances=_covariances(delivery, prediction) if member.with_covariance else None,
            ),
        ),
    )


def _covariances(delivery: Delivery, prediction: Prediction) -> OemCovariances:
    return OemCovariances(
        epochs_tai_ns=_epochs_tai_ns(delivery, prediction.covariance_offsets_s),
        matrices=prediction.covariances,
        frames=("RTN",) * len(prediction.covariances),
        comments=(),
    )


def _epochs_tai_ns(delivery: Delivery, offsets_s: FloatArray) -> NDArray[np.int64]:
    """Instants at whole seconds of the file's own time system.

    The force model takes these seconds for its own: TDB and TAI part by under 0.5 ms in four weeks, 2 m along the
    fastest of the orbits.
    """
    system = delivery.member.time_system
    clock = np.datetime64(delivery.issue.start) - np.datetime64("2000-01-01")
    seconds = clock.astype(np.int64) + np.rint(offsets_s).astype(np.int64)
    return tai_ns(seconds // DAY_S, seconds % DAY_S * NS, system)


def cutoffs() -> tuple[Epoch, ...]:
    """The four data cut-offs of the sample."""
    return tuple(Epoch.parse(text) for text in CUTOFFS)
