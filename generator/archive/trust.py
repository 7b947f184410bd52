"""Whose signatures stand under the entries of an archive, in their order, and whether a given key vouches for all.

Pure: the entries are read and their signatures checked by :mod:`nearpass.archive.verify`.

An entry's signature covers, by the chain of hashes, all before it. So once an entry is signed, every later one must be,
by the same key or by the one that it handed over to in the register. What stands before the first signature is vouched
for only where the key says so in the register, since otherwise nobody could tell it from an entry whose signature was
taken off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """One entry, a manifest or a file of the register: where its signature stands, whose, and whether it holds.

    ``file`` is what is named if the signature is missing or another's. ``holds`` is False where the signature does not
    fit, which is a finding of its own. ``hands_over`` is the reason (``begun``, ``replaced`` or ``lost``) and the key
    of a statement in it. ``by_older_rules`` marks files of the register that no program could sign yet.
    """

    file: str
    signed_by: str | None
    holds: bool = True
    hands_over: tuple[str, str] | None = None
    by_older_rules: bool = False


def faults(entries: Sequence[Signed], public_key: str | None) -> list[tuple[str, str]]:
    """What is wrong with the signatures, as (file, problem), the oldest first.

    Args:
        entries: In the order in which they were added.
        public_key: The key that must vouch for all of it, in hexadecimal; None holds them against each other alone.
    """
    found: list[tuple[str, str]] = []
    unsigned: list[str] = []
    key: str | None = None
    lineage: list[tuple[str, str]] = []
    for entry in entries:
        if entry.signed_by is None:
            if key is not None and not entry.by_older_rules:
                found.append((entry.file, f"it must be signed by {key}, as what came before it"))
            elif not entry.by_older_rules:
                unsigned.append(entry.file)
            continue
        reason, other = entry.hands_over or (None, None)
        lost = reason == "lost" and other == entry.signed_by and entry.holds
        if key is None or lost:
            if key is None and (lost or (reason == "begun" and entry.holds)):
                unsigned = []
            key = entry.signed_by
            lineage.append((key, "lost" if lost else "begun"))
        elif entry.signed_by != key:
            found.append((entry.file, f"it must be signed by {key}, and is by {entry.signed_by}"))
            continue
        if reason == "replaced" and other is not None and entry.holds:
            key = other
            lineage.append((key, "replaced"))
    if public_key is not None:
        found += [(file, f"it must be signed by {public_key}, and is not signed") for file in unsigned]
        found += _of_another(entries, public_key, lineage)
    return found


def _of_another(
    entries: Sequence[Signed], public_key: str, lineage: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Entries that the given key does not vouch for: it is not the archive's, or was given up as lost."""
    keys = [key for key, _ in lineage]
    if public_key not in keys:
        return [
            (entry.file, f"it must be signed by {public_key}, and is by {entry.signed_by}")
            for entry in entries
            if entry.signed_by is not None
        ]
    place = keys.index(public_key)
    lost = next((key for key, reason in lineage[place + 1 :] if reason == "lost"), None)
    if lost is None:
        return []
    problem = f"{public_key} was given up as lost, and {lost} signs from here on: ask the publisher whether that is so"
    first = next(number for number, entry in enumerate(entries) if entry.signed_by == lost)
    return [(entry.file, problem) for entry in entries[first:]]
