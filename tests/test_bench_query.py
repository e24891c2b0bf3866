"""A sample of `scripts/bench query`: every kind of question finds the document it was made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive.query import Query
from archive.reader import Reader
from tests import bench_query as bench
from tests.archive.conftest import Office
from tests.testkit.catalogues import Made

MADE = Made(seed=7, agencies=20)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    office = Office(Path(tmp_path_factory.mktemp("many")))
    told = bench.grow(office, MADE, 300, singly=1)
    assert len(told) == 10
    opened = Reader.open(office.root / "catalogue.db", changes=True)
    yield opened
    opened.close()


@pytest.mark.parametrize("kind", bench.kinds(MADE))
def test_every_kind_of_question_finds_its_document(reader: Reader, kind: str) -> None:
    with reader.reading() as db:
        rows = list(bench.chosen(db, MADE, 4))
    for row in rows:
        asked = bench.kinds(MADE)[kind](row)
        if isinstance(asked, str):
            found = reader.get(asked)
            assert found is not None and found["doc_code"] == row["doc_code"] and len(found["events"]) == 2
            continue
        codes = [each["doc_code"] for each in reader.find(replace(asked, limit=None))]
        if "common" not in kind:
            assert row["doc_code"] in codes
        assert codes == sorted(codes, key=lambda code: -_number(reader, code)), "newest first"


def _number(reader: Reader, code: str) -> int:
    with reader.reading() as db:
        return int(db.execute("select seq from document where doc_code = ?", [code]).fetchone()[0])


def test_the_commonest_word_is_in_nearly_every_document(reader: Reader) -> None:
    assert sum(1 for _ in reader.find(Query(MADE.words[0], limit=None))) > 270
