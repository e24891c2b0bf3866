"""The dated legal profiles of `config/law/`, overlaid by a station's own `law/*.toml`.

Promises: a rule is found by the day it must hold on; no rule in force is an error, not a guess. A slip in a station's own
rule is an error that names the key, before anything is printed by it.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import ConfigDict, Strict, TypeAdapter, ValidationError, with_config

from archive.ers import DIGESTS
from processor import codelists, metadata
from processor.agencies import Agencies, parse
from processor.codelists import CodeList
from processor.describe.vocabulary import Vocabulary
from processor.errors import SettingsError
from processor.lanes.quality import QualityRule
from processor.metadata import Profile
from processor.verify.judge import digest_grade

VIETNAM = dt.timezone(dt.timedelta(hours=7), "+07:00")  # Asia/Ho_Chi_Minh has had no other offset since 1975
Length: TypeAlias = Annotated[float, Strict()]


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class BlockRule:
    """How the text block of a form is written and where it goes (`config/law/copies.toml`)."""

    act: str
    article: str
    template: tuple[str, ...]
    separator: str
    date: str
    time: str
    zone: str
    font_size: Length
    leading: Length
    width_mm: Length
    top_mm: Length
    right_mm: Length
    search_down_mm: Length
    search_left_mm: Length
    words: str

    def text(self, agency: str, moment: dt.datetime, number: str = "") -> str:
        """The block as one line, at this moment (shown in Vietnamese time).

        Args:
            agency: who seals.
            moment: with its zone.
            number: of the main document, where an annex shows it.

        Raises:
            ValueError: `moment` has no zone: it would be read in the server's.
        """
        if moment.tzinfo is None:
            raise ValueError("the moment of a block needs a time zone")
        local = moment.astimezone(VIETNAM)
        values = {
            "form": self.words,
            "agency": agency,
            "number": number,
            "date": local.strftime(self.date),
            "time": local.strftime(self.time),
            "zone": self.zone,
        }
        return self.separator.join(part.format(**values) for part in self.template)


_RULE = TypeAdapter(BlockRule)
_QUALITY = TypeAdapter(QualityRule)
_WHEN = frozenset({"forms", "valid_from", "valid_to"})  # what chooses a rule; the rest is the rule


def vocabulary(station: Path | None = None) -> Vocabulary:
    """The closed lists that pages are read by.

    Raises:
        SettingsError: as `read`; a list of the station's own is malformed.
    """
    path = station / "law" / "kinds.toml" if station else None
    found = path.stat() if path and path.exists() else None
    return _vocabulary(station, (found.st_mtime_ns, found.st_size, found.st_ino) if found else None)


@lru_cache(maxsize=2)
def _vocabulary(station: Path | None, own: tuple[int, int, int] | None) -> Vocabulary:
    """Made once for as long as the station's own file stays as it is: every page asks for it, and making it takes 50 ms."""
    told = read("kinds.toml", station)
    try:
        return Vocabulary.from_mapping(told)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SettingsError(f"law/kinds.toml: {type(error).__name__}: {error}") from error


def read(name: str, station: Path | None = None) -> dict[str, Any]:
    """One law file; a station's tables come before the shipped ones, its keys replace theirs.

    Raises:
        SettingsError: the station's file cannot be read, or has a table where ours has a list of them.
    """
    base = tomllib.loads(resources.files("config").joinpath("law", name).read_text("utf-8"))
    own_path = station / "law" / name if station else None
    if own_path is None or not own_path.exists():
        return base
    for key, value in own(own_path).items():
        below = base.get(key)
        if isinstance(below, list | dict) and type(value) is not type(below):
            raise SettingsError(f"{own_path}: {key}: write [[{key}]] for a list, [{key}] for a table, as in ours")
        if isinstance(value, list) and isinstance(below, list):
            base[key] = value + below
        elif isinstance(value, dict) and isinstance(below, dict):
            base[key] = below | value
        else:
            base[key] = value
    return base


def own(path: Path) -> dict[str, Any]:
    """A station's own file, as it wrote it.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))  # Notepad writes a byte order mark
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error


def _day(rule: Mapping[str, Any], key: str, what: str, default: dt.date | None = None) -> dt.date:
    day = rule.get(key, default)
    if type(day) is not dt.date:  # a date with a time is a date to isinstance, and cannot be compared with one
        raise SettingsError(f"law profile for {what}: {key}: not a day (write 2026-01-31)")
    return day


def in_force(rules: Iterable[Mapping[str, Any]], day: dt.date, what: str) -> Mapping[str, Any]:
    """The first rule whose dates hold on this day, the last one included.

    Raises:
        SettingsError: none does, or a rule's dates are none.
    """
    for rule in rules:
        if _holds(rule, day, what):
            return rule
    raise SettingsError(f"no law profile for {what} is in force on {day.isoformat()}")


def _holds(rule: Mapping[str, Any], day: dt.date, what: str) -> bool:
    return _day(rule, "valid_from", what) <= day <= _day(rule, "valid_to", what, dt.date.max)


def evidence_digest(day: dt.date, station: Path | None = None) -> str:
    """By which digest evidence is made that is to last beyond a day: the first of `evidence_digests` that is strong on it.

    Raises:
        SettingsError: none is; as `read`.
    """
    policy = read("algorithms.toml", station)
    for name in policy["evidence_digests"]:
        if name in DIGESTS and digest_grade(name, day, policy) == "strong":
            return str(name)
    raise SettingsError(f"law/algorithms.toml: none of evidence_digests is strong on {day.isoformat()}")


def block_rule(form: str, day: dt.date, station: Path | None = None) -> BlockRule:
    """The rule for the block of a form (`sao-y` …, or `archive`) on a day.

    Raises:
        SettingsError: none is in force, or it cannot be printed by.
    """
    law, what = read("copies.toml", station), f"the block of {form}"
    if not all(isinstance(rule, dict) and isinstance(rule.get("forms"), list) for rule in law["block"]):
        raise SettingsError("copies.toml: block.forms: a list of forms is missing")
    rule = in_force((rule for rule in law["block"] if form in rule["forms"]), day, what)
    written = {key: value for key, value in rule.items() if key not in _WHEN}
    try:
        block = _RULE.validate_python({"words": law["words"].get(form, ""), **written})
    except ValidationError as error:
        lines = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
        raise SettingsError(f"law profile for {what}: " + "; ".join(lines)) from error
    _try_out(block, what)
    return block


def _try_out(block: BlockRule, what: str) -> None:
    try:
        block.text("", dt.datetime(2000, 1, 1, tzinfo=VIETNAM))
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise SettingsError(f"law profile for {what}: template: {type(error).__name__}: {error}") from error
    if not block.words and any("{form}" in part for part in block.template):
        raise SettingsError(f"law profile for {what}: the template prints the form, and words has none for it")


def agencies(station: Path | None = None) -> Agencies:
    """The agencies a station knows, with the time each existed (`law/agencies.toml`).

    Raises:
        SettingsError: its tables contradict themselves.
    """
    return parse(read("agencies.toml", station)["agencies"])


def quality_rule(kind: str, day: dt.date, station: Path | None = None) -> QualityRule:
    """How well paper must be scanned in lanes of a kind on a day.

    Raises:
        SettingsError: no rule is in force, or it cannot be judged by.
    """
    told, what = read("quality.toml", station), f"the quality of scans ({kind})"
    rule = in_force((rule for rule in told["rule"] if kind in rule.get("lanes", ())), day, what)
    written = {key: value for key, value in rule.items() if key not in {"lanes", *_WHEN}}
    written = {**told["limits"], **written}
    if unknown := set(written) - set(QualityRule.__slots__):
        raise SettingsError(f"law profile for {what}: {', '.join(sorted(unknown))}: no key of it")
    try:
        return _QUALITY.validate_python(written)
    except ValidationError as error:
        lines = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
        raise SettingsError(f"law profile for {what}: " + "; ".join(lines)) from error


def document_code_template(day: dt.date, station: Path | None = None) -> str:
    """The template of a document's code (TT 05/2025) on a day."""
    rule = in_force(read("identifiers.toml", station)["document"], day, "document codes")
    return str(rule["code"])


def file_code_template(day: dt.date, station: Path | None = None) -> str:
    """The template of a file's full code (NĐ 30/2020 Phụ lục VI) on a day."""
    rule = in_force(read("identifiers.toml", station)["file"], day, "file codes")
    return str(rule["code"])


def package_code_template(day: dt.date, station: Path | None = None) -> str:
    """The template of the code of a package of documents without a file (TT 05/2025) on a day."""
    rule = in_force(read("identifiers.toml", station)["package"], day, "package codes")
    return str(rule["code"])


def period_words(words: str, day: dt.date, station: Path | None = None) -> str:
    """A retention as it is written down: where the words are a row's code (`retention.toml`), its period with act and code.

    Raises:
        SettingsError: there is such a row, and it is not in force on that day.
    """
    rows = [row for row in read("retention.toml", station)["row"] if row.get("code") == words.strip()]
    if not rows:
        return words
    row = in_force(rows, day, f"retention {words.strip()}")
    return f"{row['period']} ({row['act']}, {row['code']})"


def metadata_profile(id: str, day: dt.date, station: Path | None = None) -> Profile:
    """The fields of files or documents by an act (`tt05-document`), as they hold on a day.

    Raises:
        SettingsError: no such profile is in force on that day, or a station's own is malformed.
    """
    rows = (row for row in read("metadata.toml", station)["profile"] if row.get("id") == id)
    return metadata.made(in_force(rows, day, f"metadata {id}"), code_lists(day, station))


def code_lists(day: dt.date, station: Path | None = None) -> dict[str, CodeList]:
    """The code lists of acts that hold on a day, by their ids.

    Raises:
        SettingsError: a station's own is malformed.
    """
    found: dict[str, CodeList] = {}
    for row in read("code-lists.toml", station)["list"]:
        id = str(row.get("id"))
        if id not in found and _holds(row, day, f"code list {id}"):
            found[id] = codelists.made(row)
    return found
