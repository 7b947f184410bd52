"""From the configured files to one trajectory an object: the newest usable delivery, the others with their reason.

A delivery that breaks a rule never stops the cycle. It is recorded as refused, and the next older one is tried.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from generator.config import Config, ScreenedObject, resolve
from generator.cycle.record import InputRecord
from generator.errors import InputError
from generator.ingest.delivery import Ingested, Setting, refused_input
from generator.ingest.kernels import read_kernels
from generator.ingest.messages import read_messages

__all__ = ["Ingested", "Setting", "ingest", "ingest_object"]

KERNEL_SUFFIXES: Final = (".bsp", ".spk")


def ingest(config: Config, setting: Setting, progress: Callable[[int], None]) -> list[Ingested]:
    """Read every object's current delivery, in the order of the configuration."""
    results = []
    for item in config.objects:
        results.append(ingest_object(item, setting))
        progress(1)
    return results


def ingest_object(item: ScreenedObject, setting: Setting) -> Ingested:
    """The newest usable delivery of an object; sources in their order, the first that gives one is used."""
    refused: list[InputRecord] = []
    for source in item.ephemeris:
        paths = resolve(setting.directory, source.path)
        if not paths:
            error = InputError("the path must name at least one readable file", value=source.path, object_id=item.id)
            refused.append(refused_input(item, source, source.path, error))
            continue
        read = read_kernels if paths[-1].suffix.lower() in KERNEL_SUFFIXES else read_messages
        for attempt in read(item, source, paths, setting):
            if isinstance(attempt, InputRecord):
                refused.append(attempt)
            else:
                return replace(attempt, inputs=(*attempt.inputs, *refused))
    return Ingested(object_id=item.id, trajectory=None, inputs=tuple(refused), files={})
