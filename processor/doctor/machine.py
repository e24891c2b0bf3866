"""What this machine must have: walls around workers, Tesseract, a font, LibreOffice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from processor.check import Check, check
from processor.doctor.parts import Parts, Walled
from processor.errors import MissingError, Verdict
from processor.intake.converter import converter
from processor.ocr import languages
from processor.seal import fonts
from processor.settings import Settings

_WALLS = ("no-new-privileges", "no-network", "memory", "file-size", "files")


def checks(parts: Parts) -> Iterator[Check]:
    """Rows `sqlite`, `walls`, `languages`, `font`; `converter` where a lane takes Word and Excel files."""
    # WAL loses data before 3.51.3; the catalogue keeps a rollback journal, so any version will do
    yield check("sqlite", True, f"SQLite {sqlite3.sqlite_version}, used without WAL")
    yield walls(parts.engine)
    yield _languages(parts.settings)
    yield _font(parts)
    yield from converter(parts.settings)


def walls(engine: Walled) -> Check:
    """Row `walls`: a worker is really started."""
    try:
        standing = engine.walls()
    except Verdict as verdict:
        return check("walls", False, f"{verdict.code}: {verdict.detail}")
    fallen = [wall for wall in _WALLS if wall not in standing]
    told = f"stand: {', '.join(standing) or 'none'}"
    return check("walls", not fallen, told + (f"; missing: {', '.join(fallen)}" if fallen else ""))


def _languages(settings: Settings) -> Check:
    wanted = tuple(sorted({name for lane in settings.lanes.values() for name in lane.languages} | {"osd"}))
    second = {languages.OTHERS[name] for name in wanted if name in languages.OTHERS}
    loaded = languages.load(tuple(sorted({*wanted, *second})))
    if not loaded.version:
        return check("languages", False, "Tesseract or its models are absent")
    lacking = [name for name in loaded.missing if name in wanted]
    told = f"cannot be loaded: {', '.join(lacking)}" if lacking else ", ".join(wanted)
    lesser = second.intersection(loaded.missing)
    told += f"; without {', '.join(sorted(lesser))} names and lists are read less surely" if lesser else ""
    return check("languages", not lacking, f"Tesseract {loaded.version}: {told}")


def _font(parts: Parts) -> Check:
    own = parts.settings.seal.font
    try:
        found = fonts.find(str(parts.folder / own) if own else "")
    except MissingError as error:
        told = f"{own}: lacks Vietnamese letters, or cannot be read" if own else str(error)
        return check("font", False, told)
    return check("font", True, f"{found} has every Vietnamese letter")
