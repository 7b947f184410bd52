"""Plots of orbits: of both objects of an event, and of one object."""

from __future__ import annotations

import numpy as np

from nearpass.record.record import CycleRecord, EventRecord, ObjectRecord
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.style import PRIMARY, SECONDARY, second_text, short
from nearpass.report.plots.views import OrbitPath, OrbitViews, Spot, orbit_normal, pole_of


def event_orbits_plot(record: CycleRecord, event: EventRecord) -> Plot | None:
    """Both paths over about a revolution around TCA; None where the record holds none."""
    at_km, altitude_km, latitude_deg = event.primary_position_km, event.altitude_km, event.latitude_deg
    if event.orbits is None or at_km is None or altitude_km is None or latitude_deg is None:
        return None
    paths = ((event.primary, event.orbits.primary_km), (event.secondary, event.orbits.secondary_km))
    if any(len(points) < 2 for _, points in paths):
        return None
    body = record.body.name.title()
    when = second_text(event.tca)
    drawing = OrbitViews(
        heading=f"{event.primary} – {event.secondary}",
        subheading=f"Where they meet · TCA {when}",
        across_label="towards TCA, 1000 km",
        across_name="TCA",
        body=record.body,
        pole=pole_of(record.body, event.tca),
        across=at_km,
        paths=tuple(
            OrbitPath(id=id_, points_km=points, color=color, dashed=dashed)
            for (id_, points), color, dashed in zip(paths, (PRIMARY, SECONDARY), (False, True), strict=True)
        ),
        spots=(Spot(position_km=at_km, text="TCA", level=event.level),),
        focus_km=float(np.linalg.norm(at_km)),
    )
    return Plot(
        name=f"event-{event.event_id}-orbits",
        kind="orbits",
        title=f"Orbits of {event.primary} and {event.secondary} at {when}",
        alt=(
            f"Orbits of {event.primary} and {event.secondary} about {body} in two views, to scale. They meet at "
            f"{short(altitude_km)} km altitude, latitude {_degrees(latitude_deg)}°, longitude "
            f"{event.longitude_east_deg:.1f}° east; the angle between their courses is "
            f"{event.approach_angle_deg:.1f}°, the relative speed {event.relative_speed_km_s:.3f} km/s."
        ),
        caption=(
            f"{body} and both orbits to one scale, in a frame that does not rotate; dotted where {body} hides the "
            "path, arrow heads in the direction of flight, the line across the disc is the equator. A path far larger "
            "than the distance at TCA leaves the frame."
        ),
        columns=("object", "x_icrf_km", "y_icrf_km", "z_icrf_km"),
        rows=tuple((id_, *point) for id_, points in paths for point in points),
        drawing=drawing,
    )


def orbit_plot(record: CycleRecord, item: ObjectRecord) -> Plot | None:
    """One object's orbit, from the equator square to its node and from the pole; None where it is not known.

    Of these two views one is at most 45 degrees from square to the orbit's plane, whatever its inclination.
    """
    orbit = item.orbit
    if orbit is None or len(orbit.track_km) < 2:
        return None
    body = record.body.name.title()
    pole = pole_of(record.body, orbit.epoch)
    points = np.array(orbit.track_km)
    node = np.cross(pole, orbit_normal(orbit.track_km))
    level = bool(np.linalg.norm(node) < 1e-3)
    across = points[0] if level else node
    radii = np.linalg.norm(points, axis=1)
    lowest, highest = orbit.track_km[int(radii.argmin())], orbit.track_km[int(radii.argmax())]
    spots = [Spot(position_km=lowest, text=f"periapsis {short(orbit.periapsis_altitude_km)} km", level=None)]
    if orbit.apoapsis_altitude_km is not None and orbit.apoapsis_altitude_km > 1.3 * orbit.periapsis_altitude_km:
        spots.append(Spot(position_km=highest, text=f"apoapsis {short(orbit.apoapsis_altitude_km)} km", level=None))
    unknown = " · position along it unknown" if item.phase == "unknown" else ""
    apoapsis = "none (open orbit)" if orbit.apoapsis_altitude_km is None else f"{short(orbit.apoapsis_altitude_km)} km"
    period = "" if orbit.period_s is None else f", period {orbit.period_s / 60.0:.1f} min"
    when = second_text(orbit.epoch)
    return Plot(
        name=f"object-{item.id}-orbit",
        kind="orbit",
        title=f"Orbit of {item.id} at {when}",
        alt=(
            f"Orbit of {item.id} about {body} at {when} in two views, to scale: periapsis altitude "
            f"{short(orbit.periapsis_altitude_km)} km, apoapsis altitude {apoapsis}, inclination "
            f"{orbit.inclination_deg:.2f}°, eccentricity {orbit.eccentricity:.4f}{period}."
            + (" Its position along the orbit is unknown." if unknown else "")
        ),
        caption=(
            f"{body} and the orbit to one scale, in a frame that does not rotate; dotted where {body} hides it, the "
            "line across the disc is the equator. Rings mark the lowest point and, where it differs, the highest."
        ),
        columns=("x_icrf_km", "y_icrf_km", "z_icrf_km"),
        rows=orbit.track_km,
        drawing=OrbitViews(
            heading=item.id,
            subheading=f"Orbit at {when}{unknown}",
            across_label="equator, 1000 km",
            across_name="the path's start" if level else "the node",
            body=record.body,
            pole=pole,
            across=(float(across[0]), float(across[1]), float(across[2])),
            paths=(
                OrbitPath(
                    id=f"{item.id}, inclination {orbit.inclination_deg:.1f}°",
                    points_km=orbit.track_km,
                    color=PRIMARY,
                    dashed=item.phase == "unknown",
                ),
            ),
            spots=tuple(spots),
        ),
    )


def _degrees(value: float) -> str:
    return f"{value:.1f}".replace("-", "−")
