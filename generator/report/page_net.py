"""The pages of a cycle made one by one: one that fails is replaced by a page that says why, and the others appear."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from nearpass.errors import PublicationError, understood
from nearpass.record.record import CycleRecord
from nearpass.report.catalogue import Links
from nearpass.report.rendering import meta_of, render_page

SCHEMA: Final = 1


class Pages:
    """Texts of the pages, CSV and JSON files by their path, each made by itself."""

    def __init__(self, record: CycleRecord) -> None:
        self._record = record
        self.texts: dict[str, str] = {}

    def put(self, name: str, links: Links, make: Callable[[], str]) -> None:
        """Make a file, or what says why it is not there.

        Args:
            name: Its path.
            links: Links as seen from it.
            make: Makes it.
        """
        try:
            self.texts[name] = make()
        except Exception as error:  # noqa: BLE001  # whatever a page comes to grief on, it is this page alone
            self.texts[name] = self._instead(name, links, str(understood(error)))

    def put_all(self, names: tuple[str, ...], links: Links, make: Callable[[], dict[str, str]]) -> None:
        """Make several files that come together, as :meth:`put`."""
        try:
            self.texts |= make()
        except Exception as error:  # noqa: BLE001  # as above
            reason = str(understood(error))
            self.texts |= {name: self._instead(name, links, reason) for name in names}

    def _instead(self, name: str, links: Links, reason: str) -> str:
        if name.endswith(".json"):
            return json.dumps({"schema": SCHEMA, "cycle_id": self._record.cycle_id, "error": reason}, indent=1) + "\n"
        if not name.endswith(".md"):
            return f"This file could not be made: {reason}\n"
        title = "This page could not be made"
        meta = meta_of(self._record, title, reason, "lost", ((title, None),))
        return render_page("lost.md.j2", meta, links, name=name.removesuffix(".md"), reason=reason)


def must_be_made(name: str, make: Callable[[], str]) -> str:
    """A page without which there is no site.

    Raises:
        PublicationError: if it cannot be made; the last good site stays.
    """
    try:
        return make()
    except Exception as error:  # noqa: BLE001  # of whatever kind: the publisher must learn which page it is
        raise PublicationError(f"the page must be made: {understood(error)}", file=name) from None
