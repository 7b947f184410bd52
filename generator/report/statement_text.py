"""The statement on a party's information for people: as Markdown, and as one page to print."""

from __future__ import annotations

from typing import Any, Final

import markdown
from markupsafe import Markup

from nearpass.report.rendering import render

Plain = dict[str, Any]
_SPECIAL: Final = str.maketrans({mark: f"\\{mark}" for mark in "\\`*[]<>"} | {"&": "&amp;"})


def in_words(statement: Plain) -> str:
    """The statement as Markdown, to be signed and filed."""
    prior = "planned" in statement
    name = _plain(statement["party"])
    title = f"Information to be shared of {name}" if prior else f"Statement on information exchanged with {name}"
    lines = [f"# {title}", f"From {statement['from_utc']} to {statement['to_utc']}."]
    members = [member for member in statement["members"] if member != statement["party"].casefold()]
    if members:
        lines.append(f"With its members: {_plain(', '.join(members))}.")
    sections = _planned_sections(statement) if prior else _sections(statement)
    if not prior:
        lines.append(f"Each line says by what time it lies in the period. {statement['counted_by']}.")
        lines.append(f"Register: SHA-256 {statement['register_sha256'] or 'none'}.")
    for heading, found in sections.items():
        lines += [f"## {heading}", "\n".join(f"- {_plain(line)}" for line in found) or "None."]
    lines += ["## Signature", _signature(statement)]
    return "\n\n".join(lines) + "\n"


def printable(statement: Plain) -> str:
    """A statement as an HTML page that stands alone and prints on A4."""
    body = Markup(markdown.markdown(in_words(statement)))  # noqa: S704 - what others wrote is escaped in it
    return render("page/statement.html.j2", title=f"Statement on {statement['party']}", body=body)


def _sections(statement: Plain) -> dict[str, list[str]]:
    categories = statement["released_by_category"]
    return {
        "Received": [_received(line) for line in statement["received"]],
        "Where data that derive from it went": [_went(line) for line in statement["went"]],
        "Consultations": [_consultation(line) for line in statement["consultations"]],
        "Released to it, by category": [
            f"{show}: {count} objects, counted in each release" for show, count in categories.items()
        ],
        "Released to it, one by one": [_released(line) for line in statement["released"]],
    }


def _planned_sections(statement: Plain) -> dict[str, list[str]]:
    shared = [line for line in statement["planned"] if line["shown_as"] != "hidden" and not line["publishers_own"]]
    kept = [line for line in statement["planned"] if line["shown_as"] == "hidden"]
    return {
        "To be shared": [_planned(line) for line in shared],
        "Not to be shared": [f"{line['object_id']}: nothing of it to {line['audience']}" for line in kept],
    }


def _planned(line: Plain) -> str:
    grain = line["cells"]
    how = (
        f"; red and yellow approaches alone, in cells of {grain['miss_km']:g} km and {grain['tca_s']:g} s"
        if grain
        else ""
    )
    readers = f" ({', '.join(line['parties'])})" if line["parties"] else ""
    marking = f"; marked {', '.join(dict.fromkeys(line['marking']))}" if line["marking"] else ""
    whose = f"; decided by {line['decided_by']}" if line["decided_by"] else ""
    why = f": {line['reason']}" if line["reason"] else ""
    return f"{line['object_id']} as {line['shown_as']} to {line['audience']}{readers}{how}{marking}{whose}{why}"


def _by(line: Plain) -> str:
    return f"({' and '.join(line['by'])})"


def _received(line: Plain) -> str:
    names = f", released to {', '.join(line['release'])}" if line["release"] else ""
    when = f"registered {line['registered_utc']}" if line["registered_utc"] else "not registered"
    refused = ", refused" if line["refused"] else ""
    return (
        f"{_by(line)} {line['file']} of {line['object_id']}, from {line['originator']}, {line['marking']}{names}, "
        f"cycle {line['cycle_id']}, {when}{refused}, SHA-256 {line['sha256']}"
    )


def _went(line: Plain) -> str:
    readers = f" ({', '.join(line['parties'])})" if line["parties"] else ""
    what = f"package {line['package']} of " if line["package"] else ""
    whose = f"decided by {line['decided_by']}" if line["decided_by"] else "no decision of its own"
    why = f": {line['reason']}" if line["reason"] else ""
    proven = f", proven for {line['bound_km']:g} km" if line.get("bound_km") is not None else ""
    bound = (
        f"at least {line['among']} orbits, {line['protects_km']:g} km apart, give the same{proven}"
        if line["protects_km"] is not None
        else "this cycle knew no orbit of it"
        if not line["orbit_known"]
        else "no bound is stated"
        if line["shown_as"] != "full"
        else "in full, nothing is bounded"
    )
    named = f"; names deliveries {', '.join(line['deliveries_named'])}" if line["deliveries_named"] else ""
    return (
        f"{_by(line)} {line['object_id']} as {line['shown_as']} ({line['because']}) in {what}"
        f"edition {line['edition']} "
        f"for {line['audience']}{readers}, cycle {line['cycle_id']}, {line['at_utc']}, {line['marking']}; {whose}{why}"
        f"; protection: {bound}; SHA-256 {line['sha256']}{named}"
    )


def _consultation(line: Plain) -> str:
    about = f" on {line['event_id']}" if line["event_id"] else ""
    return (
        f"{line['time_utc']}: {line['kind']}{about} of {', '.join(line['parties'])}, {line['marking']}, "
        f"cycle {line['cycle_id']}, SHA-256 of its text {line['sha256']}"
    )


def _released(line: Plain) -> str:
    what = f"package {line['package']}" if line["package"] else f"edition {line['edition']}, {line['files']} files"
    objects = ", ".join(f"{name} {show}" for name, show in line["objects"].items())
    nameless = f"; {line['nameless']} anonymous" if line["nameless"] else ""
    return (
        f"{_by(line)} {line['at_utc']}: {what}, cycle {line['cycle_id']}, {line['marking']}, SHA-256 {line['sha256']}"
        f"{'; ' if objects else ''}{objects}{nameless}"
    )


def _signature(statement: Plain) -> str:
    own = f"SHA-256 of the statement as canonical JSON: {statement['statement_sha256']}."
    if statement["signature"] is None:
        return f"{own} Not signed: the archive has no key."
    return f"{own} Ed25519 signature: {statement['signature']}, by the key {statement['signed_by']}."


def _plain(text: str) -> str:
    """Words of others are no Markdown."""
    return text.translate(_SPECIAL).replace("\n", " ")
