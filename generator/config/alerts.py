"""The tables of levels: thresholds of which any one is enough, and rules with a name whose conditions hold together."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from nearpass.config.fields import Identifier, Positive, Table
from nearpass.encounter.alert_rules import AlertRule, PairClass, thresholds
from nearpass.reasons.levels import Level

Pair = tuple[Identifier, Identifier]
APPROACH: tuple[str, ...] = ("cad_km", "box_rtn_km", "rtn_sigmas", "b_plane_sigmas", "pc")
CROSSING: tuple[str, ...] = ("oxd_km", "oxt_s", "oxt_sigmas")


class Threshold(Table):
    """When a level holds: any one of these is enough.

    ``cad_km``: close-approach distance below it, to the surface for natural bodies. ``pc``: probability of collision of
    at least this. ``oxd_km``: distance between the orbits below it, with the passages within ``oxt_sigmas`` of the
    timing uncertainty.
    """

    cad_km: Positive
    pc: Annotated[float, Field(gt=0, le=1)] | None = None
    oxd_km: Positive | None = None
    oxt_sigmas: Positive = 3.0


class RuleTable(Table):
    """A rule with a name: its level is reached where all its conditions hold.

    ``class`` (one or several of spacecraft, moon, silent and joined) and ``pairs`` say for whom it is, ``except_pairs``
    for whom not. Conditions on approaches: ``cad_km``, ``box_rtn_km``, ``rtn_sigmas`` (along each of R, T and N),
    ``b_plane_sigmas`` (from a hit), ``pc``. On crossings: ``oxd_km``, and with it ``oxt_s`` and ``oxt_sigmas``.
    ``tca_within_h``, hours from the data cut-off, goes with either.
    """

    name: str = Field(min_length=1, max_length=60)
    level: Literal["red", "yellow"]
    classes: tuple[PairClass, ...] = Field(default=(), alias="class")
    pairs: tuple[Pair, ...] = ()
    except_pairs: tuple[Pair, ...] = ()
    cad_km: Positive | None = None
    box_rtn_km: tuple[Positive, Positive, Positive] | None = None
    rtn_sigmas: Positive | None = None
    b_plane_sigmas: Positive | None = None
    pc: Annotated[float, Field(gt=0, le=1)] | None = None
    oxd_km: Positive | None = None
    oxt_s: Positive | None = None
    oxt_sigmas: Positive | None = None
    tca_within_h: Positive | None = None

    @field_validator("classes", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _judges(self) -> RuleTable:
        approach = [key for key in APPROACH if getattr(self, key) is not None]
        crossing = [key for key in CROSSING if getattr(self, key) is not None]
        if approach and crossing:
            raise ValueError(
                f"a rule judges approaches or crossings: {approach[0]} and {crossing[0]} do not go together"
            )
        if not approach and self.oxd_km is None:
            raise ValueError(f"a rule needs one of {', '.join(APPROACH)} for approaches, or oxd_km for crossings")
        by_sigmas = [key for key in ("rtn_sigmas", "b_plane_sigmas") if getattr(self, key) is not None]
        if by_sigmas and self.cad_km is None and self.box_rtn_km is None:
            raise ValueError(
                f"{by_sigmas[0]} needs cad_km or box_rtn_km beside it: without a covariance the distance alone decides"
            )
        if self.classes == ("silent",) and approach:
            raise ValueError("pairs of class silent have crossings and no approaches: their rules need oxd_km")
        return self

    @property
    def rule(self) -> AlertRule:
        """The rule in the form by which encounters are judged."""
        return AlertRule(**{**self.model_dump(), "level": Level(self.level)})


class Alert(Table):
    """The levels; what is in neither is green. Either table may be left out where rules state its level."""

    red: Threshold | None = None
    yellow: Threshold | None = None
    named: tuple[RuleTable, ...] = Field(default=(), alias="rule")

    @model_validator(mode="after")
    def _ordered(self) -> Alert:
        red, yellow = self.red, self.yellow
        if red is None or yellow is None:
            return self
        if red.cad_km > yellow.cad_km:
            raise ValueError("alert.red.cad_km must not exceed alert.yellow.cad_km")
        if red.pc is not None and yellow.pc is not None and red.pc < yellow.pc:
            raise ValueError("alert.red.pc must not be below alert.yellow.pc")
        if red.oxd_km is not None and yellow.oxd_km is not None and red.oxd_km > yellow.oxd_km:
            raise ValueError("alert.red.oxd_km must not exceed alert.yellow.oxd_km")
        return self

    @model_validator(mode="after")
    def _complete(self) -> Alert:
        names = [table.name.casefold() for table in self.named]
        if len(set(names)) < len(names):
            raise ValueError("the names of rules must differ")
        for level in ("red", "yellow"):
            if any(rule.level == level and rule.reach_km is not None and not rule.pairs for rule in self.rules):
                continue
            raise ValueError(
                f"the level {level} needs a distance: the table alert.{level}, or a rule of that level with cad_km or "
                "box_rtn_km that is not for named pairs alone"
            )
        return self

    @property
    def rules(self) -> tuple[AlertRule, ...]:
        """The thresholds as rules without a name, the most severe first, then the rules with one."""
        tables = ((Level.RED, self.red), (Level.YELLOW, self.yellow))
        plain = (rule for level, table in tables if table for rule in thresholds(level, **table.model_dump()))
        return *plain, *(table.rule for table in self.named)
