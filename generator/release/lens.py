"""Through what a record is seen when an edition is made of it, and what a rule for one of its fields is."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from typing import Any, Final

from nearpass.errors import PublicationError
from nearpass.record import record as records
from nearpass.record.marking import REACH, Edition, Show
from nearpass.release.names import Names

COARSER: Final = 10.0
"""The grain of an object without a name is this many times that of one in metrics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """Through what a part of a record is seen: how much of it, whether its covariances, and the part itself.

    ``whole`` says that the edition withholds nothing of the cycle; ``reports`` collects fields without a rule.
    """

    edition: Edition
    names: Names
    show: Show
    sigma: bool
    whole: bool
    covariances: frozenset[str]
    rules: Rules
    reports: list[str]
    item: Any = None

    @property
    def coarser(self) -> float:
        """Factor on every grain."""
        return COARSER if self.show is Show.ANONYMOUS else 1.0

    @property
    def grain_s(self) -> float:
        """What instants are rounded to."""
        return self.edition.grain.tca_s * self.coarser

    def on(self, *object_ids: str) -> Lens:
        """The same for what is derived from these objects: as restricted as the most restricted of them."""
        show = max((self.names.show(object_id) for object_id in object_ids), key=REACH.__getitem__)
        return replace(self, show=show, sigma=self.covariances.issuperset(object_ids))

    def of(self, value: Any) -> Any:
        """A value with every record in it reduced by its rules."""
        if is_dataclass(value) and type(value).__module__.startswith(records.__name__.rsplit(".", 1)[0]):
            return self._reduced(value)
        return tuple(self.of(entry) for entry in value) if isinstance(value, tuple) else value

    def _reduced(self, item: Any) -> Any:
        kind = type(item)
        table = self.rules.get(kind, {})
        lens = replace(self, item=item)
        values = {}
        for field in fields(item):
            rule = table.get(field.name)
            if rule is None:
                self.reports.append(f"{kind.__name__}.{field.name} has no rule: it is withheld")
                values[field.name] = absent(kind, field.name)
            else:
                values[field.name] = rule.column(self.show)(getattr(item, field.name), lens)
        return kind(**values)


Reduce = Callable[[Any, Lens], Any]


def none(_: Any, __: Lens) -> None:
    """Withheld."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of a field, by how much is shown of what it belongs to."""

    full: Reduce
    metrics: Reduce
    anonymous: Reduce

    def column(self, show: Show) -> Reduce:
        """The reduction for one way to show; what is hidden should not come here, and nothing of it passes."""
        columns: dict[Show, Reduce] = {
            Show.FULL: self.full,
            Show.METRICS: self.metrics,
            Show.ANONYMOUS: self.anonymous,
        }
        return columns.get(show, none)


Rules = Mapping[type, Mapping[str, Rule]]


class UnruledFieldError(PublicationError):
    """A field without a rule whose type has no way to be absent: what holds it cannot be shown."""


@cache
def absent_of(kind: type) -> Mapping[str, object]:
    """For each field of a record class that can be absent, what it is then: None, or an empty tuple."""
    found: dict[str, object] = {}
    for name, hint in typing.get_type_hints(kind).items():
        if type(None) in typing.get_args(hint):
            found[name] = None
        elif typing.get_origin(hint) is tuple and typing.get_args(hint)[-1] is Ellipsis:
            found[name] = ()
    return found


def absent(kind: type, name: str) -> object:
    """What a withheld field becomes.

    Raises:
        UnruledFieldError: if its type knows no absence.
    """
    try:
        return absent_of(kind)[name]
    except KeyError:
        rule = "each field of a record needs a rule in release_rules.RULES, and this one cannot be absent"
        raise UnruledFieldError(rule, value=f"{kind.__name__}.{name}") from None
