"""Releases to a party that gets nothing outside an open exchange: held up until there is one."""

from __future__ import annotations

from nearpass.archive.register import Registrar
from nearpass.astro.epochs import Epoch
from nearpass.errors import ConfigError, OutsideError
from nearpass.ingest.exchanges import FOLDER, demanded, dossier_now, dossier_paths
from nearpass.publish.workspace import Workspace
from nearpass.record.exchange_record import standing


def check_ground(site: Workspace, registrar: Registrar) -> None:
    """An edition for parties that the configuration demands an exchange with is released within an open one of all.

    The dossiers count as they stand now, and now is when the release is made. One that breaks a rule opens nothing.

    Raises:
        OutsideError: if no exchange with all of these parties is open.
    """
    edition, config = site.edition, site.settings
    if edition is None or config is None or edition.everything:
        return
    needing = demanded(config, edition.parties)
    if not needing:
        return
    now, known, unread = Epoch.parse(registrar.at_utc), config.known_parties, ""
    for path in dossier_paths(site.directory):
        try:
            exchange = dossier_now(path, config, site.directory)
        except ConfigError as error:
            unread = f"; one cannot be read: {error}"
            continue
        within = all(known.belongs(party, exchange.parties) for party in needing)
        if within and standing(exchange, now).state == "open":
            return
    rule = f"a release to {' and '.join(needing)} must lie within an open exchange; no dossier in {FOLDER}/ is one"
    raise OutsideError(f"{rule}{unread}", value=edition.id)
