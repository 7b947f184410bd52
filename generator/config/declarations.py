"""What a publisher declares of an object: the uncertainty of its predictions, the plane of its orbit."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from nearpass.astro.epochs import Epoch
from nearpass.config.fields import Identifier, Instant, Positive, Table
from nearpass.ephemeris.lint_plane import DeclaredPlane
from nearpass.errors import NearpassError


class Orbit(Table):
    """The plane that an object's orbit is known to have, against the body's equator of date, to find axes misnamed.

    ``node_deg``, from the node of that equator on the ICRF's, holds at ``node_at`` and drifts by J2 from there.
    """

    inclination_deg: Annotated[float, Field(ge=0, le=180)]
    tolerance_deg: Positive = 1.0
    node_deg: Annotated[float, Field(ge=-360, le=360)] | None = None
    node_at: str | None = None
    node_tolerance_deg: Positive = 5.0

    @model_validator(mode="after")
    def _dated(self) -> Orbit:
        if (self.node_deg is None) != (self.node_at is None):
            raise ValueError("node_deg and node_at go together: a node drifts")
        try:
            self.plane  # noqa: B018  # asked for its error alone
        except NearpassError as error:
            raise ValueError(str(error)) from None
        return self

    @property
    def plane(self) -> DeclaredPlane:
        """The declared orbital plane, in the form in which deliveries are held against it."""
        return DeclaredPlane(
            inclination_deg=self.inclination_deg,
            tolerance_deg=self.tolerance_deg,
            node_deg=self.node_deg,
            node_at=Epoch.parse(self.node_at) if self.node_at is not None else None,
            node_tolerance_deg=self.node_tolerance_deg,
        )


class Uncertainty(Table):
    """Declared one-sigma errors of predictions, used where an ephemeris brings no covariance; ``source`` is printed.

    ``timing_s`` holds when the ephemeris was made and grows by ``timing_growth_s_per_day``. With a ``marking`` of its
    own it has a ``release`` list of its own.
    """

    radial_km: Positive
    transverse_km: Positive
    normal_km: Positive
    timing_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    timing_growth_s_per_day: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    source: str = Field(min_length=1)
    marking: str | None = Field(default=None, min_length=1)
    release: tuple[str, ...] = ()


class Joined(Table):
    """That an object flies as one with another, ``with``, from ``from`` until ``until``; without them, always.

    Docked, not yet separated, or one spacecraft under two ids: what they do then is one stretch, and no approach.
    """

    partner: Identifier = Field(alias="with")
    since: Instant | None = Field(default=None, alias="from")
    until: Instant | None = None

    @model_validator(mode="after")
    def _forward(self) -> Joined:
        if self.since is not None and self.until is not None and not self.since < self.until:
            raise ValueError("joined must begin before it ends")
        return self


class CatalogueTable(Table):
    """Files of many element sets: each object in them is screened under its catalogue number.

    Of several sets of a number the newest is used. Objects of the configuration with that ``catalogue_number`` take its
    place, and numbers in ``without`` are left out. ``hbr_m`` holds for all, and so do ``marking`` and ``release``.
    ``source`` is where ``nearpass fetch`` retrieves the file; of such files the newest alone is read, since an object
    that is no longer in it has decayed or is not told of any more.
    """

    path: str = Field(min_length=1)
    source: str | None = None
    originator: str = Field(min_length=1)
    hbr_m: Positive
    without: tuple[int, ...] = ()
    marking: str | None = Field(default=None, min_length=1)
    release: tuple[str, ...] = ()
