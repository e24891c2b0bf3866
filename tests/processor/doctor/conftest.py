"""A whole demo station for the doctor, one for each test; what is slow to try is tried once."""

import datetime as dt
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from archive.store import Archive
from processor import station, trust
from processor.doctor import Parts
from processor.engine import LocalEngine, Reach
from processor.intake import converter
from processor.ocr import languages
from processor.seal.demo import DemoAuthority
from processor.settings import load
from tests.processor.doctor.broken import now, ring_of


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("office") / "station"
    station.make(folder, True)
    archive = Archive.open(folder / "archive", now)
    archive.declare_file(station.DEMO_FILE, "Hồ sơ", organ_id="H05.99", year=dt.date.today().year, actor="test")
    archive.close()
    return folder


@pytest.fixture(scope="session")
def engine(original: Path) -> Iterator[LocalEngine]:
    settings = load(original)
    with LocalEngine(settings.engine, settings.limits, reach=Reach()) as engine:
        yield engine


@pytest.fixture(scope="session", autouse=True)
def tried_once() -> Iterator[None]:
    """Tesseract and LibreOffice are really asked, but once for the same: a second in each of many tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(languages, "load", cache(languages.load))
        patch.setattr(converter, "_started", cache(converter._started))
        yield


@pytest.fixture
def parts(original: Path, engine: LocalEngine, tmp_path: Path) -> Iterator[Parts]:
    folder = tmp_path / "station"
    shutil.copytree(original, folder)
    settings = load(folder)
    archive = Archive.open(folder / "archive", now)
    yield Parts(
        folder=folder, settings=settings, ring=ring_of(settings, folder), outside=DemoAuthority(folder / "authority"),
        anchors=tuple(trust.listed(folder, settings)), anchors_missing="", clock=now, engine=engine,
        declared=lambda code: archive.declared(code) is not None,
    )  # fmt: skip
    archive.close()
