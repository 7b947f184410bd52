"""The command that turns one form of an ephemeris into another and states the largest error."""

from __future__ import annotations

from pathlib import Path

import click

from generator.astro.bodies import body_named
from generator.astro.frames import PlanetaryEphemeris
from generator.commands.shared import World
from generator.ephemeris.compression import decompressed
from generator.ephemeris.convert import Notation, convert, message_from_trajectory
from generator.ephemeris.oem import parse_oem
from generator.ephemeris.oem_write import write_oem
from generator.ephemeris.spk import spk_summary, spk_trajectory
from generator.ephemeris.spk_write import write_spk
from generator.errors import InputError

KERNELS = (".bsp", ".spk")


@click.command("convert")
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("target_file", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--target", type=int, help="NAIF number of the object, for reading or writing a kernel.")
@click.option("--center", default="MARS", show_default=True, help="Centre of the states read from a kernel.")
@click.option("--step-s", type=click.FloatRange(min=0.001), default=60.0, show_default=True, help="Spacing of states.")
@click.pass_obj
def convert_command(
    world: World, source: Path, target_file: Path, target: int | None, center: str, step_s: float
) -> None:
    """Convert an ephemeris between OEM in KVN, OEM in XML (.xml) and SPK (.bsp)."""
    if target_file.exists():
        raise InputError("the file to write must not exist yet", file=str(target_file))
    kernel_in, kernel_out = (path.suffix.lower() in KERNELS for path in (source, target_file))
    if (kernel_in or kernel_out) and target is None:
        raise InputError("a kernel needs --target, the object's NAIF number", file=str(source))
    notation: Notation = "xml" if target_file.suffix.lower() == ".xml" else "kvn"
    try:
        if kernel_in and target is not None:
            content, error_km = _from_kernel(source, target, center, step_s, notation, world)
            target_file.write_bytes(content)
        elif kernel_out and target is not None:
            message = parse_oem(decompressed(source.read_bytes(), str(source)), str(source))
            error_km = write_spk(message, target_file, target=target)
        else:
            converted = convert(source.read_bytes(), str(source), notation)
            target_file.write_bytes(converted.content)
            error_km = converted.error_km
    except OSError as error:
        raise InputError(f"the file must be usable: {error.strerror}", file=str(error.filename or source)) from None
    click.echo(f"{target_file}: largest error {error_km * 1e6:.3g} mm")


def _from_kernel(
    source: Path, target: int, center: str, step_s: float, notation: Notation, world: World
) -> tuple[bytes, float]:
    """A kernel's whole coverage of its target as a message, and the largest error of its interpolation."""
    body = body_named(center)
    summary = next((found for found in spk_summary([source]) if found.target == target), None)
    if summary is None:
        raise InputError("a kernel must hold its target", value=target, file=str(source))
    start, stop = summary.spans[0][0], summary.spans[-1][1]
    planets = PlanetaryEphemeris.default()
    trajectory = spk_trajectory([source], target, body=body, epoch=start, window_s=(0.0, stop - start), planets=planets)
    message, error_km = message_from_trajectory(
        trajectory,
        object_name=str(target),
        object_id=str(target),
        center_name=body.name,
        originator="NEARPASS",
        creation=world.instant(),
        step_s=step_s,
    )
    return write_oem(message, notation).encode(), error_km
