"""What belongs to one object, pair or approach can only lose that part of a cycle; what is lost is written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from nearpass.astro.epochs import Epoch
from nearpass.errors import ConfigError, NearpassError, OwnFault, understood
from nearpass.record.loss_record import LossRecord, Stage
from nearpass.screening.workers import Serial, Workers

T = TypeVar("T")

FEW: Final = 16
"""Fewer parts than these are made in this process: starting others would take as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is being made, of which objects; ``tca`` and ``miss_km`` where it is one approach."""

    stage: Stage
    object_ids: tuple[str, ...]
    tca: Epoch | None = None
    miss_km: float | None = None

    def lost(self, error: Exception) -> LossRecord:
        """What the record says of the part where making it failed with ``error``.

        Raises:
            ConfigError: as it is: what the publisher wrote is mended by the publisher, before anything is made.
        """
        if isinstance(error, ConfigError):
            raise error
        fault: NearpassError = understood(error)
        return LossRecord(
            stage=self.stage,
            object_ids=self.object_ids,
            tca=self.tca,
            miss_km=self.miss_km,
            rule=fault.rule,
            value=None if fault.value is None else str(fault.value),
            ours=isinstance(fault, OwnFault),
        )


class Net:
    """Makes the parts of a cycle one by one, and keeps what is lost of them."""

    def __init__(self, workers: Workers | None = None) -> None:
        """With ``workers`` many parts are made at once (:meth:`spread`)."""
        self._lost: list[LossRecord] = []
        self._workers = workers or Serial()

    @property
    def lost(self) -> tuple[LossRecord, ...]:
        """What is missing so far, in the order of the stages."""
        return tuple(self._lost)

    def add(self, loss: LossRecord) -> None:
        """Keep what was lost elsewhere, in a worker."""
        self._lost.append(loss)

    def made(self, part: Part, make: Callable[[], T], otherwise: T) -> T:
        """The part, or what stands in its place."""
        try:
            return make()
        except Exception as error:  # noqa: BLE001  # whatever it is, the other parts are made
            self._lost.append(part.lost(error))
            return otherwise

    def each(self, parts: Sequence[tuple[Part, Callable[[], T]]]) -> list[T]:
        """The parts that could be made, in their order; the others are kept as lost."""
        made: list[T] = []
        for part, make in parts:
            try:
                made.append(make())
            except Exception as error:  # noqa: BLE001  # as above
                self._lost.append(part.lost(error))
        return made

    def spread(self, parts: Sequence[tuple[Part, Callable[[], T]]]) -> list[T]:
        """The parts that could be made, made by all workers; each must be a function of a module with its arguments."""
        workers = self._workers if len(parts) >= FEW else Serial()
        results = workers.map(_whatever_comes, parts, range(len(parts)), None)
        self._lost += [one for one in results if isinstance(one, LossRecord)]
        return [one for one in results if not isinstance(one, LossRecord)]


def _whatever_comes(parts: Sequence[tuple[Part, Callable[[], T]]], number: int) -> T | LossRecord:
    """One of the parts, or that it is lost."""
    part, make = parts[number]
    try:
        return make()
    except Exception as error:  # noqa: BLE001  # as above
        return part.lost(error)


def whole_or_each(make: Callable[[], T], one_by_one: Callable[[], T]) -> T:
    """All parts at once, which is fast; where that fails, one by one, so that only what is at fault is lost.

    Raises:
        ConfigError: as :meth:`Part.lost`.
    """
    try:
        return make()
    except ConfigError:
        raise
    except Exception:  # noqa: BLE001  # the same error comes again where it belongs, and is kept there
        return one_by_one()
