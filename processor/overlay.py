"""A station's own `law/`, looked at as a whole before anything is done by it.

Promises: what nobody would ever read is told as what cannot be read is: a file or a table that ours has not, a rule for a form or
kind that there is none of. Each fault names its file. Also rules that only begin later are tried, as of their first day.
"""

from __future__ import annotations

import datetime as dt
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from processor import filecodes, law, metadata, retention
from processor.errors import SettingsError
from processor.intake import headings
from processor.notices import wording
from processor.packages import rules as packages
from processor.registers import rules as registers
from processor.verify import judge
from processor.verify.facts import Algorithm

_ENDINGS = (".toml", ".toml.txt")  # Notepad adds the second; other files in the folder are nobody's business
_WITHOUT = "authorities.toml"  # names certificates, which are trusted by `trust add` alone
_CHOSEN = {"copies.toml": ("block", "forms"), "quality.toml": ("rule", "lanes"), "notices.toml": ("notice", "kind"),
           "registers.toml": ("register", "kind"), "packages.toml": ("package", "kind")}  # fmt: skip
_WRONG = (KeyError, IndexError, TypeError, ValueError, AttributeError)
Try = Callable[[dt.date, Path], object]


def check(station: Path, day: dt.date) -> None:
    """Whether a station's own rules can be gone by from a day on.

    Raises:
        SettingsError: they cannot; it names each file and what is wrong with it.
    """
    if found := faults(station, day):
        raise SettingsError("; ".join(found))


def state(station: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes whenever a file of `law/` does: what was found before still holds while this stays."""
    try:
        with os.scandir(station / "law") as there:
            return tuple(sorted((each.name, each.stat().st_mtime_ns, each.stat().st_size) for each in there))
    except OSError:
        return ()


def faults(station: Path, day: dt.date) -> list[str]:
    """What is wrong with a station's own rules, a line a fault; empty: nothing.

    Args:
        station: its folder; without `law/` it goes by the shipped rules, which are not tried.
        day: from which on they must hold.
    """
    folder = station / "law"
    try:
        names = sorted(name for name in os.listdir(folder) if name.casefold().endswith(_ENDINGS) and name[0] not in "._~")
    except FileNotFoundError:
        return []
    except OSError as error:
        return [f"{folder} cannot be read: {error.strerror}"]
    told = [fault for name in names for fault in _misshapen(folder / name)]
    if told:
        return told
    days = sorted({day, *(first for name in names for first in _first_days(folder / name) if first > day)})
    tried = [fault for name in names for each in _TRIES[name] for on in days if (fault := _refused(each, on, folder / name))]
    return list(dict.fromkeys(tried))


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, Mapping[str, Any]]:
    files = resources.files("config").joinpath("law").iterdir()
    return {file.name: tomllib.loads(file.read_text("utf-8")) for file in files if file.name.endswith(".toml")}


def _misshapen(path: Path) -> list[str]:
    """What can be told of a file without the rules it holds."""
    if path.name == _WITHOUT:
        return [f"{path}: never read; certificates are trusted by `sohoa trust add`"]
    if path.name not in _TRIES:
        return [f"{path}: never read; there are {', '.join(sorted(_TRIES))}"]
    try:
        own, ours = law.own(path), _shipped()[path.name]
        law.read(path.name, path.parent.parent)
    except SettingsError as error:
        return [str(error)]
    unknown = [f"{path}: {key}: unknown key; there are {', '.join(ours)}" for key in own if key not in ours]
    return unknown or [f"{path}: {fault}" for fault in (*_odd_rows(own, ours), *_unused(own, ours, path.name))]


def _odd_rows(own: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterable[str]:
    """Values of another type than ours, and days that are none; `algorithms.toml` writes its days otherwise, under other names."""
    for key, value in own.items():
        if not isinstance(value, list | dict) and type(value) is not type(ours[key]):
            yield f"{key}: a value like {ours[key]!r} is needed"
        is_of_rows = isinstance(value, list) and all(isinstance(row, dict) for row in ours[key])
        for number, row in enumerate(value if is_of_rows else (), 1):
            if not isinstance(row, dict):
                yield f"{key}: write [[{key}]]"
                continue
            for name in ("valid_from", "valid_to"):
                if name in row and type(row[name]) is not dt.date:
                    yield f"{key} {number}: {name}: not a day (write 2026-01-31)"


def _unused(own: Mapping[str, Any], ours: Mapping[str, Any], file: str) -> Iterable[str]:
    """Rules for what there is not."""
    table, key = _CHOSEN.get(file, ("", ""))
    known = {each for row in ours.get(table, ()) for each in _several(row[key])}
    for row in own.get(table, ()):
        named = _several(row.get(key)) if isinstance(row, dict) else [table]
        wrong = [each for each in named if not isinstance(each, str) or each not in known]
        if wrong or not named:
            yield f"{table}.{key}: {', '.join(map(str, wrong)) or 'missing'}; there are {', '.join(sorted(known))}"


def _several(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _first_days(path: Path) -> list[dt.date]:
    tables = [each for value in law.own(path).values() if isinstance(value, list) for each in value if isinstance(each, dict)]
    return [row["valid_from"] for row in tables if type(row.get("valid_from")) is dt.date]


def _refused(attempt: Try, day: dt.date, path: Path) -> str:
    try:
        attempt(day, path.parent.parent)
    except SettingsError as error:
        return f"{path}: {error}"
    except _WRONG as error:
        return f"{path}: {type(error).__name__}: {error}"
    return ""


# --- each file, tried as it will be used


def algorithms(day: dt.date, station: Path) -> int:
    """How many algorithms the policy names; each is looked up, as verification will.

    Raises:
        SettingsError: it cannot be judged by.
    """
    policy = law.read("algorithms.toml", station)
    try:
        uses = [Algorithm("signature", row["name"], "rsa", 4096) for row in policy["digest"]]
        uses += [Algorithm("signature", "sha256", row["kind"], row["below"]) for row in policy["key"]]
        for use in uses:
            judge.strength([use], day, policy)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SettingsError(f"law profile for algorithms (algorithms.toml): {type(error).__name__}: {error}") from error
    return len(uses)


def _blocks(day: dt.date, station: Path) -> None:
    for form in dict.fromkeys(form for row in law.read("copies.toml", station)["block"] for form in row["forms"]):
        law.block_rule(form, day, station)


def _qualities(day: dt.date, station: Path) -> None:
    for kind in dict.fromkeys(kind for row in law.read("quality.toml", station)["rule"] for kind in row["lanes"]):
        law.quality_rule(kind, day, station)


def _identifiers(day: dt.date, station: Path) -> None:
    law.document_code_template(day, station).format(file_code="H05.2026.1", ordinal=1)
    law.file_code_template(day, station).format(organ_id="H05", year=2026, notation="1")
    law.package_code_template(day, station).format(organ="H05", year=2026, submission=1, place=1)
    example = law.in_force(law.read("identifiers.toml", station)["paper"], day, "codes of paper files")["example"]
    filecodes.check_paper_code(str(example), day, station)


def _lists(day: dt.date, station: Path) -> None:
    headings.profiles(law.read("lists.toml", station), law.code_lists(day, station), day)


def _metadata(day: dt.date, station: Path) -> None:
    listed = law.code_lists(day, station)
    for row in law.read("metadata.toml", station)["profile"]:
        law.in_force([row], row["valid_from"], f"metadata {row['id']}")
        metadata.made(row, listed)


def _packages(day: dt.date, station: Path) -> None:
    for kind in dict.fromkeys(row["kind"] for row in law.read("packages.toml", station)["package"]):
        packages.of(kind, day, station)


def _registers(day: dt.date, station: Path) -> None:
    for kind in registers.KINDS:
        registers.book(kind, day, station)


def _retention(day: dt.date, station: Path) -> None:
    for row in law.read("retention.toml", station)["row"]:
        if missing := [key for key in ("code", "act", "period", "valid_from") if not row.get(key)]:
            raise SettingsError(f"row {row.get('code', '')}: {', '.join(missing)}: missing")
        retention.parse(row["period"])


def _words(day: dt.date, station: Path) -> None:
    """A table within a table takes the place of ours as a whole, so it has to have all its words."""
    told = law.read("verification.toml", station)
    for key, table in _shipped()["verification.toml"].items():
        for name, ours in table.items():
            own = told[key][name]
            if type(own) is not type(ours) or (isinstance(ours, dict) and ours.keys() - own.keys()):
                raise SettingsError(f"{key}.{name}: words like {ours!r} are needed")


_TRIES: Mapping[str, tuple[Try, ...]] = {
    "agencies.toml": (lambda day, station: law.agencies(station),),
    "algorithms.toml": (algorithms, law.evidence_digest),
    "code-lists.toml": (law.code_lists, _lists, _metadata),
    "copies.toml": (_blocks,),
    "identifiers.toml": (_identifiers,),
    "kinds.toml": (lambda day, station: law.vocabulary(station),),
    "lists.toml": (_lists,),
    "metadata.toml": (_metadata, _packages),
    "notices.toml": (wording.try_out,),
    "packages.toml": (_packages,),
    "quality.toml": (_qualities,),
    "registers.toml": (_registers,),
    "retention.toml": (_retention,),
    "verification.toml": (_words,),
}
