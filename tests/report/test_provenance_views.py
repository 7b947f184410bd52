"""What a reader may quote, and how a source is named."""

from dataclasses import replace

from nearpass.record.marking import Tlp
from nearpass.record.release_record import EditionRecord
from nearpass.report.provenance_views import provenance
from records import sample_record


def test_a_citation_leads_back_to_the_cycle() -> None:
    """Who published, which site, which cycle and which program are named, and the address where one is known."""
    record = replace(sample_record(), publisher="The office", site_url="https://example.org/mars/")
    view = provenance(record)

    assert view.citation == (
        f"The office: {record.title}. Screening cycle {record.cycle_id}, nearpass {record.provenance.version}. "
        "https://example.org/mars/cycles/2021/03/15/T0000Z/index.html"
    )
    assert provenance(replace(record, site_url=None)).citation.endswith(f"nearpass {record.provenance.version}.")


def test_whether_a_page_may_be_passed_on_is_never_left_open() -> None:
    """An edition names its readers and its marking; where nothing was declared the page says that nothing was."""
    record = replace(sample_record(), edition=None)
    edition = EditionRecord(
        id="ops", audience="operators", marking=Tlp.AMBER, statement=(), register_page=False,
    )  # fmt: skip

    assert "No marking is declared" in provenance(record).passing_on
    marked = provenance(replace(record, edition=edition)).passing_on
    assert marked == "This edition is for operators and marked TLP:AMBER."
