"""An annex finds its main document also under a code that another took the place of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.record import Blob
from processor.document import Scan
from processor.errors import Verdict
from processor.linking import main_document
from tests.archive.conftest import CLERK, FILE, Office

OTHER = "H05.02.2026.02.VP"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    for archive in made.opened:
        archive.close()


def test_an_annex_follows_a_main_document_that_was_refiled_and_scanned_anew(office: Office) -> None:
    archive = office.open()
    for code in (FILE, OTHER):
        archive.declare_file(code, "Hồ sơ", year=2026, actor=CLERK)
    old = archive.file(office.filing(archive, "a"), CLERK)["doc_code"]
    annex = Scan(Blob(Path("x"), "f" * 64, 1), "phu-luc", "x.pdf", "2026-11-23T05:00:00+00:00", FILE, sidecar={"main": old})
    better = archive.file(office.filing(archive, "b"), CLERK)["doc_code"]
    archive.supersede(archive.refile(old, OTHER, "Nhầm", CLERK)["doc_code"], better, "Mờ", CLERK)
    found = main_document(annex, archive)
    assert found is not None and found["doc_code"] == better
    archive.void(office.filing(archive, "c").doc_code, "blank", CLERK)
    with pytest.raises(Verdict, match="waiting-main"):
        main_document(Scan(annex.blob, "phu-luc", "x.pdf", annex.received_at, FILE, sidecar={"main": f"{FILE}.0000003"}), archive)
