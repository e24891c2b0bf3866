"""Verbs for what waits: look at it, release, retry, reject, describe it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from archive.errors import ArchiveError
from archive.record import DESCRIPTIVE, parse_field
from processor import arrivals, doubles, fixity, handing, lot_notes, parking, requests, targets
from processor import lists as batches
from processor.cli import wiring
from processor.cli.pairs import pairs
from processor.cli.wiring import HERE, JSON
from processor.doubles import Double
from processor.errors import SettingsError, SohoaError, reason
from processor.flow import Flow
from processor.journal import Item, Journal
from processor.law import VIETNAM
from processor.nightly import lacking
from processor.report import visible
from processor.sealing import WINDOW
from processor.shift import Shift
from processor.sources import Parked
from processor.tables import Lane
from processor.targets import Kind, Target

ID = click.argument("identifier", metavar="ID")
_ID = "ID: a document's code, the beginning of a scan's SHA-256, or a folder of held/ or rejected/ as `sohoa status` shows it."
_OF_HELD = ("file_code", "pages", "rotate")
_FIELDS = f"FIELD: {', '.join(DESCRIPTIVE)}; of a held document also {', '.join(_OF_HELD)}. A day is YYYY-MM-DD."
_EXAMPLE = "Example: sohoa describe H05.02.2026.01.TCCB.0000017 --set code_number=299 --set issued_date=2025-01-15"


@click.command()
@HERE
@JSON
def status(folder: Path, as_json: bool) -> None:
    """The queue by state; what is held, rejected, waiting, still to be described."""
    settings = wiring.check_station(folder)
    with wiring.opened_archive(folder, settings) as archive, wiring.opened_journal(folder) as journal:
        told = _status(folder, settings.lanes, archive.counts(), archive.to_describe(), journal)
        told["doubles"] = [_double(each) for each in doubles.listed(archive, folder)]
        told["removing"] = archive.half_removed()
        told["fixity"] = fixity.told(fixity.standing(archive, wiring.now(), settings.schedule.nightly))
    if as_json:
        wiring.print_json(told)
        return
    for state, count in sorted(told["counts"].items()):
        click.echo(f"{state}: {count}")
    for name in ("held", "rejected", "waiting"):
        for item in told[name]:
            click.echo(visible(f"  {name} {_known_by(item)}: {item['code']}{_until(item)} ({reason(item['code']).vi})"))
    for item in told["to_describe"]:
        click.echo(visible(f"  to describe {item['id']} {_name(item)}: thiếu {lacking(item['reason'])}"))
    for item in told["doubles"]:
        click.echo(visible(f"  same number {item['id']} {_name(item)}: trùng số, ký hiệu với {item['of']}"))
    for code in told["removing"]:
        click.echo(f"  removal cut short {code}: the next start finishes it, or the same order given again")
    for line in fixity.lines(told["fixity"]):
        click.echo(f"fixity: {line}")


def _double(double: Double) -> dict[str, str]:
    record = double.record
    told = {name: record[name] for name in ("lane", "scan_sha256", "part")}
    why = {"code": doubles.SAME, "reason": f"bears the number of {double.of}", "of": double.of}
    return {"id": record["doc_code"], "name": record["original_name"], **told, **why}


def _until(item: dict[str, str]) -> str:
    """When a window before the seal is over, by the office's clock."""
    if item["code"] != WINDOW or not item["not_before"]:
        return ""
    return f" đến {dt.datetime.fromisoformat(item['not_before']).astimezone(VIETNAM):%H:%M:%S}"


def _known_by(item: dict[str, str]) -> str:
    """What a verb takes as its ID (a file that was not taken has none), and the name."""
    return " ".join(filter(None, (item.get("folder") or item["id"][:12], _name(item))))


def _name(item: dict[str, str]) -> str:
    name = "/".join(filter(None, (item["lane"], item["name"])))
    return f"{name} [{item['part']}]" if item.get("part") else name


def _status(
    folder: Path, lanes: Mapping[str, Lane], filed: dict[str, int], to_describe: list[dict[str, Any]], journal: Journal
) -> dict[str, Any]:
    items = journal.items()
    under_way = {item.source.folder for item in items if isinstance(item.source, Parked)}
    lists = {
        state: [row for row in parking.listed(folder, state) if row["folder"] not in under_way]
        for state in ("held", "rejected")
    }
    waiting = [_waits(item) for item in items if item.state != "working"]
    misplaced = [_not_taken(lane, name) for lane, name in arrivals.not_taken(folder, lanes)]
    listed = [*batches.standing(folder), *batches.awaiting(folder, lanes.values(), [item.source for item in items])]
    misplaced += [_not_taken(lane, name, code) for lane, name, code in listed]
    waiting += misplaced
    counts: dict[str, int] = {state: count for state, count in filed.items() if state in {"filed", "void"}}
    counts |= {state: len(rows) for state, rows in lists.items()}
    for state in ("working", "waiting", "to-seal"):
        counts[state] = sum(1 for item in items if item.state == state)
    counts["waiting"] += len(misplaced)
    return {"counts": counts, **lists, "waiting": waiting, "to_describe": to_describe}


def _waits(item: Item) -> dict[str, str]:
    scan = item.scan
    return {
        "id": scan.blob.sha256, "name": scan.original_name.encode("utf-8", "replace").decode(), "lane": scan.lane,
        "scan_sha256": scan.blob.sha256, "code": item.code, "reason": reason(item.code).en,
        "part": scan.part, "state": item.state, "not_before": item.not_before,
    }  # fmt: skip


def _not_taken(lane: str, name: str, code: str = "not-taken") -> dict[str, str]:
    return {"id": "", "name": name, "lane": lane, "scan_sha256": "", "code": code, "reason": reason(code).en,
            "part": "", "state": "waiting", "not_before": ""}  # fmt: skip


def meant(identifier: str, folder: Path, *wanted: Kind) -> Target:
    """What an ID means to a verb."""
    settings = wiring.check_station(folder)
    with wiring.opened_archive(folder, settings) as archive, wiring.opened_journal(folder) as journal:
        return targets.find(identifier, wanted, folder, journal, archive)


def _ask(folder: Path, verb: str, **args: str) -> None:
    with wiring.opened_journal(folder) as journal:
        done = wiring.hand_over(folder, journal, verb, _answer, **args, operator=wiring.operator())
    click.echo("done; the next run takes it up" if done else "handed over to the instance at work")


def _answer(shift: Shift) -> None:
    """Do what was asked, without working on any document."""
    flow = Flow(shift)
    flow.open()
    flow.answering.all()
    flow.close()


def _check_scan(target: Target, folder: Path) -> None:
    if target.kind == "held" and (lot_notes.read(folder / target.name) or {}).get("code") in parking.NO_SCANS:
        raise SohoaError("a side-car alone cannot be released, nor can a list: drop it again with its scan, and reject this one")


def _check_answered(target: Target, folder: Path, why: str) -> None:
    code = str((lot_notes.read(folder / target.name) or {}).get("code", "")) if target.kind == "held" else ""
    if code and reason(code).answered and not why.strip():
        raise SettingsError(f"{code}: who releases it answers for it; use release with --reason, the log keeps who and why")


@click.command(epilog=f"{_ID}\n\nExample: sohoa release held/sao-y/2026-11-24-f554ee04a657")
@ID
@click.option("--reason", "why", default="", help="Kept in the log.")
@HERE
def release(identifier: str, why: str, folder: Path) -> None:
    """Send a held document on its way again, with what fields.json says by now.

    A received document whose signatures cannot be decided (code `verifying`) is accepted so: --reason says why, and the log who.
    """
    target = meant(identifier, folder, "held", "item")
    _check_scan(target, folder)
    if target.kind == "item" and not why.strip():
        raise SettingsError("accepting what could not be verified needs --reason: the log keeps who answers for it, and why")
    _check_answered(target, folder, why)
    _ask(folder, "release", kind=target.kind, name=target.name, scan=target.scan, reason=why)


@click.command(epilog=_ID)
@click.argument("identifier", metavar="ID", required=False)
@click.option("--all", "everything", is_flag=True, help="All that waits, and what was rejected by a fault of Sohoa.")
@click.option("--again", is_flag=True, help="A lawful second copy of a filed document.")
@click.option("--reason", "why", default="", help="Why; needed with --again.")
@HERE
def retry(identifier: str | None, everything: bool, again: bool, why: str, folder: Path) -> None:
    """Try again what waits or was rejected."""
    if everything == bool(identifier):
        raise SettingsError("retry wants an ID or --all")
    if identifier is None:
        wiring.check_station(folder)
        _ask(folder, "retry-all", reason=why)
        return
    if again and not why.strip():
        raise SettingsError("--again needs --reason: the log keeps why there is a second copy")
    target = meant(identifier, folder, "filed") if again else meant(identifier, folder, "item", "held", "rejected")
    if target.kind == "held":  # to try again would let pass what it is held for, and nobody would have said so
        raise SettingsError(f"{identifier} is held: `release` sends it on (--reason: why), as `describe` does, or `reject` it")
    _ask(folder, "again" if again else "retry", kind=target.kind, name=target.name, scan=target.scan, reason=why)


@click.command(epilog=_ID)
@ID
@click.option("--reason", "why", required=True, help="Why; kept beside the bytes and in the log.")
@HERE
def reject(identifier: str, why: str, folder: Path) -> None:
    """Refuse what is held or waits; its bytes stay in rejected/."""
    _check_not_filed(identifier, folder)
    if not why.strip():
        raise SettingsError("--reason says why; it is kept in the log")
    target = meant(identifier, folder, "held", "item")
    _ask(folder, "reject", kind=target.kind, name=target.name, scan=target.scan, reason=why)


def _check_not_filed(identifier: str, folder: Path) -> None:
    with wiring.opened_archive(folder, wiring.check_station(folder)) as archive:
        known = archive.get(identifier)
    if known and known["doc_code"] == identifier and known["state"] == "filed":
        raise SohoaError(f"{identifier} is filed: what is filed is never rejected")


@click.command(epilog=f"{_ID}\n\n{_FIELDS}\n\n{_EXAMPLE}")
@ID
@click.option("--set", "given", multiple=True, required=True, metavar="FIELD=VALUE", help="May be given several times.")
@HERE
@JSON
def describe(identifier: str, given: tuple[str, ...], folder: Path, as_json: bool) -> None:
    """Say what a document is: adds to a filed one, sends a held one on its way."""
    changes = pairs(given, "--set", "FIELD", (*DESCRIPTIVE, *_OF_HELD))
    for name, value in changes.items():
        _check_value(name, value)
    target = meant(identifier, folder, "held", "filed")
    settings = wiring.check_station(folder)
    if target.kind == "held":
        _check_scan(target, folder)
        _check_answered(target, folder, "")
        with handing.alone(folder):
            handing.set_fields(folder, target.name, changes)
        _ask(folder, "release", kind=target.kind, name=target.name, reason=requests.DESCRIBED)
        return
    with wiring.opened_archive(folder, settings) as archive:
        record = archive.describe(target.name, changes, wiring.operator())
        same = doubles.note(target.name, archive, folder, wiring.operator()) if doubles.is_about_number(changes) else []
    if as_json:
        wiring.print_json(record)
    else:
        click.echo(f"{target.name}: {record['description']}")
        for each in same:
            click.echo(f"{each.record['doc_code']}: trùng số, ký hiệu với {each.of}", err=True)


def _check_value(name: str, value: str) -> None:
    if name not in _OF_HELD:
        try:
            parse_field(name, value)
        except ArchiveError as error:
            raise SettingsError(error.detail) from error


VERBS = (status, release, retry, reject, describe)
