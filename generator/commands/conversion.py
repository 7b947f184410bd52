"""The command that turns one form of an ephemeris into another and states the largest error."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.commands.shared import EpochParameter
from nearpass.commands.world import World
from nearpass.ephemeris.convert import Notation, convert, message_from_trajectory
from nearpass.ephemeris.elements_motion import trajectory_from_elements
from nearpass.ephemeris.propagated import propagated
from nearpass.ephemeris.spk import spk_summary, spk_trajectory
from nearpass.ephemeris.spk_write import write_spk
from nearpass.errors import InputError, NearpassError
from nearpass.messages.compression import decompressed
from nearpass.messages.elements import START_BYTES, elements_notation, read_elements
from nearpass.messages.oem import OemMessage, parse_oem
from nearpass.messages.oem_write import write_oem
from nearpass.messages.opm import is_opm, parse_opm

KERNELS = (".bsp", ".spk")


@click.command("convert")
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target_file", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--target", type=int, help="The object: NAIF number in a kernel, catalogue number among mean elements.")
@click.option("--center", default="MARS", show_default=True, help="Centre of the states read from a kernel.")
@click.option("--step-s", type=click.FloatRange(min=0.001), default=60.0, show_default=True, help="Spacing of states.")
@click.option(
    "--created",
    type=EpochParameter(),
    help="When the states were made, ISO 8601 in UTC; default: what the source says of itself.",
)
@click.option(
    "--days",
    type=click.FloatRange(0.0, 366.0, min_open=True),
    default=7.0,
    show_default=True,
    help="How far to propagate mean elements, or the state of an OPM, from their epoch.",
)
@click.pass_obj
def convert_command(
    world: World,
    source: Path,
    target_file: Path,
    target: int | None,
    center: str,
    step_s: float,
    created: Epoch | None,
    days: float,
) -> None:
    """Convert between OEM in KVN, OEM in XML (.xml) and SPK (.bsp), and mean elements to OEM.

    CREATION_DATE stays that of the source, in a kernel in its comment area: to write states down again does not make
    them newer.
    """
    if target_file.exists():
        raise InputError("the file to write must not exist yet", file=str(target_file))
    kernel_in, kernel_out = (path.suffix.lower() in KERNELS for path in (source, target_file))
    if (kernel_in or kernel_out) and target is None:
        raise InputError("a kernel needs --target, the object's NAIF number", file=str(source))
    notation: Notation = "xml" if target_file.suffix.lower() == ".xml" else "kvn"
    try:
        if kernel_out and not kernel_in and target is not None:
            message = _dated(parse_oem(decompressed(source.read_bytes(), str(source)), str(source)), created)
            error_km = write_spk(message, target_file, target=target)
        else:
            if kernel_in and target is not None:
                content, error_km = _from_kernel(source, target, center, step_s, notation, created, world)
            else:
                content, error_km = _from_text(source, target, days, step_s, notation, created)
            target_file.write_bytes(content)
    except OSError as error:
        raise InputError(f"the file must be usable: {error.strerror}", file=str(error.filename or source)) from None
    click.echo(f"{target_file}: largest error {error_km * 1e6:.3g} mm")


def _dated(message: OemMessage, created: Epoch | None) -> OemMessage:
    """The message as made at another instant, where one is given."""
    return message if created is None else replace(message, header=replace(message.header, creation=created))


def _from_kernel(
    source: Path, target: int, center: str, step_s: float, notation: Notation, created: Epoch | None, world: World
) -> tuple[bytes, float]:
    """A kernel's whole coverage of its target as a message, and the largest error of its interpolation."""
    body = body_named(center)
    summary = next((found for found in spk_summary([source]) if found.target == target), None)
    if summary is None:
        raise InputError("a kernel must hold its target", value=target, file=str(source))
    creation = created or summary.created
    if creation is None:
        creation = world.instant()
        rule = "the kernel does not say when it was made: CREATION_DATE is now; --created states it"
        click.echo(f"nearpass: {source}: {rule}", err=True)
    start, stop = summary.spans[0][0], summary.spans[-1][1]
    planets = PlanetaryEphemeris.default()
    trajectory = spk_trajectory([source], target, body=body, epoch=start, window_s=(0.0, stop - start), planets=planets)
    message, error_km = message_from_trajectory(
        trajectory,
        object_name=str(target),
        object_id=str(target),
        center_name=body.name,
        originator="NEARPASS",
        creation=creation,
        step_s=step_s,
    )
    return write_oem(message, notation).encode(), error_km


def _from_text(
    source: Path, target: int | None, days: float, step_s: float, notation: Notation, created: Epoch | None
) -> tuple[bytes, float]:
    """An ephemeris message in another notation, or mean elements or one state propagated to one."""
    data = decompressed(source.read_bytes(), str(source))
    if is_opm(data):
        opm = parse_opm(data, str(source))
        try:
            message, error_km = propagated(opm, days=days, step_s=step_s)
        except NearpassError as error:
            raise error.at(file=str(source)) from None
        return write_oem(_dated(message, created), notation).encode(), error_km
    if elements_notation(data[:START_BYTES]) is None:
        converted = convert(data, str(source), notation, created)
        return converted.content, converted.error_km
    message, error_km = _from_elements(data, source, target, days, step_s, created)
    return write_oem(message, notation).encode(), error_km


def _from_elements(
    data: bytes, source: Path, target: int | None, days: float, step_s: float, created: Epoch | None
) -> tuple[OemMessage, float]:
    """The newest set of an object, propagated from its epoch, and the largest error against SGP4."""
    found = read_elements(data, str(source), wanted=None if target is None else {target})
    if faults := [fault.error for fault in found.faults if target is None or fault.number == target]:
        raise faults[0]
    if len({item.number for item in found.sets}) != 1:
        rule = "--target must name one of the objects in the file" if found.sets else "the file must hold the target"
        raise InputError(rule, value=target, file=str(source))
    item = max(found.sets, key=lambda item: item.epoch)
    trajectory = trajectory_from_elements(item, epoch=item.epoch, window_s=(0.0, days * DAY_S))
    return message_from_trajectory(
        trajectory,
        object_name=item.name or str(item.number),
        object_id=item.designator or str(item.number),
        center_name="EARTH",
        originator="NEARPASS",
        creation=created or item.made,
        step_s=step_s,
    )
