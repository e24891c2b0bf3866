"""A demo station at work in this process, for the tests of this room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from processor.engine import LocalEngine
from processor.settings import parse
from tests.processor.office import Office


@pytest.fixture(scope="session")
def workers() -> Iterator[LocalEngine]:
    """One worker, kept warm for all tests that do not kill it."""
    own = parse({"engine": {"workers": 1}})
    with LocalEngine(own.engine, own.limits) as running:
        yield running


@pytest.fixture
def office(tmp_path: Path, workers: LocalEngine) -> Iterator[Office]:
    made = Office.make(tmp_path, workers)
    yield made
    made.close()
