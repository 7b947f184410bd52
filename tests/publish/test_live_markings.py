"""Pages that hold facts of several cycles carry the strictest marking of them all."""

from dataclasses import replace
from pathlib import Path

from nearpass.archive.archive import Archive
from nearpass.publish import Workspace, prepare, publish
from nearpass.record.marking import Edition, MarkingRecord, Tlp
from nearpass.record.record import CycleRecord, NoteRecord
from stub_cycles import REGISTRAR, cutoff_of, quick, silent, stub, tree

FIRST, SECOND = "2021-03-30T0000Z", "2021-03-31T0000Z"
CLEAR = MarkingRecord(originator="NASA", level=Tlp.CLEAR, words=None, release=())


def cleared(record: CycleRecord, *notes: NoteRecord) -> CycleRecord:
    """The cycle as both parties may have it in full."""
    objects = tuple(replace(item, marking=CLEAR, covariance_marking=None) for item in record.objects)
    return replace(record, objects=objects, notes=notes)


def test_live_pages_are_marked_as_the_strictest_of_all_cycles(tmp_path: Path) -> None:
    """A RED note of the first cycle, released to every reader: live pages of the second say RED, its own do not."""
    both = frozenset({"NASA", "CNSA"})
    edition = Edition(id="both", audience="NASA and CNSA", levels=frozenset({Tlp.CLEAR}), parties=both, register=True)
    workspace = Workspace(directory=tmp_path, edition=edition)
    prepare(workspace, "Stub cycles")
    red = MarkingRecord(originator="CNSA", level=Tlp.RED, words=None, release=tuple(both))
    note = NoteRecord(
        file="log/a.md", event_id=None, time=cutoff_of(FIRST), kind="consultation", parties=("NASA", "CNSA"),
        marking=red, text="Both talked.", refusal=None,
    )  # fmt: skip
    made = cleared(stub(FIRST), note), cleared(stub(SECOND, previous=FIRST))
    with quick():
        for record in made:
            Archive(workspace.archive).add(record, {})
            publish(workspace, record, jobs=1, progress=silent, registrar=REGISTRAR)
        pages = {name: data.decode() for name, data in tree(workspace.public).items() if name.endswith(".html")}

    places = "events/", "archive/", "register/", "objects/", "index.html"
    live = [name for name in pages if name.startswith(tuple(f"public/{place}" for place in places))]
    assert len(live) > 8
    without = [name for name in live if "TLP:RED. Edition for NASA and CNSA." not in pages[name]]
    assert without == []
    otherwise = [name for name in live if "TLP:AMBER+STRICT" in pages[name]]
    assert otherwise == []
    marked = {"TLP:RED" in page for name, page in pages.items() if name.startswith("public/cycles/2021/03/31/")}
    assert marked == {False}
