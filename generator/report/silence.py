"""What earlier cycles told of an object that has fallen silent since: nothing of approaches still to come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from generator.astro.epochs import Epoch
from generator.cycle.record import CycleRecord
from generator.report.views import phase_unknown


class Passing(Protocol):
    """What tells of an approach: a row of the archive, an entry of a feed."""

    @property
    def primary(self) -> str:
        """Id of the primary."""

    @property
    def secondary(self) -> str:
        """Id of the secondary."""

    @property
    def tca(self) -> Epoch:
        """When it is."""


_Told = TypeVar("_Told", bound=Passing)


def still_meaningful(events: Iterable[_Told], newest: CycleRecord) -> list[_Told]:
    """What earlier cycles told, without approaches still to come of an object that has fallen silent since."""
    silent = {item.id for item in newest.objects if phase_unknown(item)}
    return [
        event for event in events if event.tca < newest.window.start or not silent & {event.primary, event.secondary}
    ]
