"""The auditor's and the archivist's verbs: find, show, seal, verify."""

from __future__ import annotations

import csv
import datetime as dt
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from archive.counted import counted
from archive.finding import RANKED_AMONG
from archive.naming import is_doc_code, local_date
from archive.query import Query
from archive.record import FIELDS
from archive.removal import GONE
from archive.verify import VerifyResult
from processor import fixity, keeping, law, publishing
from processor.cells import cell
from processor.cli import wiring
from processor.cli.days import DAY, check_order
from processor.cli.pairs import pairs
from processor.cli.wiring import HERE, JSON
from processor.engine import LocalEngine, Reach
from processor.errors import ExitCode, SettingsError, SohoaError
from processor.report import visible, visible_lines
from processor.settings import load
from watch.lock import AlreadyRunning

_NAMES = [name for name in (*FIELDS, "organ_id") if name != "confidence"]
_FIELD = f"May be given several times. NAME is one of: {', '.join(_NAMES)}."


@click.command()
@click.argument("words", nargs=-1)
@click.option("--field", "fields", multiple=True, metavar="NAME=VALUE", help=_FIELD)
@click.option("--from", "date_from", **DAY, help="First day: issued, or filed where no date is known.")
@click.option("--to", "date_to", **DAY, help="Last day.")
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True, help="--jsonl streams all.")
@click.option("--order", type=click.Choice(["newest", "relevance"]), default="newest", show_default=True,
              help=f"By relevance: the newest {RANKED_AMONG} that answer.")
@click.option("--snippets", is_flag=True, help="With each a piece of its text, the words between ⟦ and ⟧.")
@click.option("--jsonl", "form", flag_value="jsonl", help="One JSON object a line, all of them.")
@click.option("--csv", "form", flag_value="csv", help="A table for a spreadsheet.")
@click.option("--json", "form", flag_value="json", help="One JSON array.")
@HERE
def find(
    words: tuple[str, ...], fields: tuple[str, ...], date_from: dt.date | None, date_to: dt.date | None,
    limit: int, order: str, snippets: bool, form: str | None, folder: Path,
) -> None:  # fmt: skip
    """Find filed documents: words of the text and the record, fields, days; newest first.

    What is typed without marks finds any marks: "quang ngai" finds "Quảng Ngãi"; what is typed with marks finds those.
    A phrase stands between quotation marks. A number is typed as people write it: 05/QĐ-UBND, Số 299/UBND-TTHC.
    """
    asked = pairs(fields, "--field", "NAME", _NAMES)
    if unknown := [name for name in asked if name not in _NAMES]:
        raise SettingsError(f"{unknown[0]!r} cannot be asked for; fields are {', '.join(_NAMES)}")
    check_order(date_from, date_to)
    days = [day.isoformat() if day else None for day in (date_from, date_to)]
    organ = asked.pop("organ_id", "")  # of the file; found under each code its agency has and had
    organs = tuple(sorted(law.agencies(folder).codes_of(organ))) if organ else ()
    query = Query(" ".join(words), asked, days[0], days[1], None if form == "jsonl" else limit, organs)
    with wiring.opened_archive(folder, load(folder)) as archive:
        if order == "newest":
            _print_records(archive.find(query, snippets=snippets), form, snippets)
            return
        ranked = archive.ranked(query, snippets=snippets)
        _print_records(ranked.rows, form, snippets)
        if ranked.capped:
            click.echo(f"ordered among the newest {RANKED_AMONG} that answer; there are more", err=True)


def _print_records(records: Iterable[dict[str, Any]], form: str | None, snippets: bool) -> None:
    match form:
        case "json":
            wiring.print_json(list(records))
        case "jsonl":
            for record in records:
                click.echo(json.dumps(record, ensure_ascii=False))
        case "csv":
            writer = csv.writer(sys.stdout)
            columns = (*FIELDS, "snippet") if snippets else FIELDS
            writer.writerow(columns)
            writer.writerows([cell(record[name]) for name in columns] for record in records)
        case _:
            count = 0
            for count, record in enumerate(records, start=1):  # noqa: B007  # told when all are printed
                click.echo("\n".join(map(visible, _told(record))))
            if not count:
                click.echo("0 documents", err=True)


def _told(record: dict[str, Any]) -> list[str]:
    number = "/".join(filter(None, (record["code_number"], record["code_notation"])))
    about = "  ".join(filter(None, (record["type_name"], number, record["issued_date"], record["subject"])))
    day = record["filed_at"][:10] if record["state"] == "filed" else record["state"]
    replaced = f"  → {record['superseded_by']}" if record["superseded_by"] else ""
    under = filter(None, (record["path"] or record["original_name"], record.get("snippet")))
    return [f"{record['doc_code']}  {day}  {record['lane']}  {about}{replaced}", *(f"    {line}" for line in under)]


@click.command()
@click.argument("identifier", metavar="ID")
@HERE
@JSON
def show(identifier: str, folder: Path, as_json: bool) -> None:
    """Everything about one document, with its events; with --json also its text."""
    with wiring.opened_archive(folder, load(folder)) as archive:
        found = archive.get(identifier)
    if found is None:
        is_lot = identifier.startswith(("held/", "rejected/")) and (folder / identifier).is_dir()
        why = "is no document yet: `sohoa status`, and ly-do.txt beside it, tell why it lies there"
        raise SohoaError(f"{identifier} {why}" if is_lot else f"nothing is known by {identifier}")
    if as_json:
        wiring.print_json(found)
        return
    for name, value in found.items():
        if name not in {"events", "text", "confidence"} and value is not None:
            sure = found["confidence"].get(name)
            told = visible_lines(str(value)).replace("\n", "\n" + " " * 18)
            click.echo(f"{name:16}  {told}" + (f"   ({sure:.0%})" if sure is not None else ""))
    if found["state"] in GONE:
        click.echo("removed by order: of the document only its code and its events are left")
    for event in found["events"]:
        click.echo(visible(f"{event['at']}  {event['type']}  {event['actor']}"))


@click.command()
@click.option("--day", **DAY, help="One day; else every past day that is not sealed yet.")
@click.option("--lost", **DAY, help="Publish the head of this day again: files of it are lost for good, no copy has them.")
@click.option("--reason", "why", default="", metavar="TEXT", help="With --lost: kept in the log.")
@HERE
def seal(day: dt.date | None, lost: dt.date | None, why: str, folder: Path) -> None:
    """Close past days: BagIt tag files, every byte read again; then publish the head of the log, signed and time-stamped.

    Exit code 75: a head still lacks its signature or its time-stamp, which the next night adds. Exit code 3 (`head-missing`):
    files of a published head are not there, and nothing is published over it: put them back (`copies restore`), or `--lost`.
    """
    if bool(lost) != bool(why.strip()):
        raise SettingsError("--lost and --reason go together: the log keeps why a head was published a second time")
    today, settings = local_date(wiring.now()), load(folder)
    with wiring.opened_archive(folder, settings) as archive:
        days = [day] if day else archive.unsealed_before(today)
        for each in days:
            archive.seal_day(each, wiring.operator())
            click.echo(f"sealed {each.isoformat()}")
    if not days:
        click.echo("no past day waits for its seal")
    try:
        with wiring.opened_shift(folder) as shift:
            if lost:
                publishing.again(lost, why.strip(), wiring.operator(), shift.tools)
                click.echo(f"published again: the head of {lost.isoformat()}")
            stood = publishing.publish(shift.tools)
            keeping.keep(shift.tools)
    except AlreadyRunning:
        if lost:
            raise
        click.echo("the instance at work publishes the head of the log")
        return
    lacks = [f"{count} without {what}" for count, what in ((stood.unsigned, "the organisation's signature"),
                                                           (stood.unstamped, "a time-stamp")) if count]  # fmt: skip
    click.echo(f"heads of the log published: {stood.published}" + "".join(f", {each}" for each in lacks))
    if lacks:
        sys.exit(ExitCode.WAITING)


@click.command()
@click.argument("identifiers", metavar="[ID]...", nargs=-1)
@click.option("--day", **DAY, help="One shelf.")
@click.option("--all", "everything", is_flag=True, help="The whole archive with its log (also without any ID).")
@click.option("--round", "is_round", is_flag=True, help="With --all: kept in the log as a fixity round.")
@HERE
@JSON
def verify(
    identifiers: tuple[str, ...], day: dt.date | None, everything: bool, is_round: bool, folder: Path, as_json: bool
) -> None:
    """Bytes, seals, bags, log and catalogue against each other; exit code 3 when anything disagrees."""
    if sum((bool(identifiers), day is not None, everything)) > 1 or (is_round and not everything):
        raise SettingsError("verify wants IDs, or --day, or --all; --round goes with --all")
    settings = load(folder)
    with (
        wiring.opened_archive(folder, settings) as archive,
        LocalEngine(settings.engine, settings.limits, reach=Reach((folder / "archive",))) as engine,
    ):
        if day and day not in {row.day for row in archive.days()}:
            raise SohoaError(f"the archive has nothing of {day.isoformat()}")
        for each in identifiers:
            if archive.get(each) is None and not is_doc_code(each):  # a code that is lost is a finding, what never was one a slip
                raise SohoaError(f"nothing is known by {each}")
        since = archive.event_count()
        result = archive.verify(list(identifiers) or day, fixity.checker(engine, wiring.roots(folder, settings)))
        if is_round:
            at = local_date(wiring.now()), wiring.operator()
            fixity.record(archive, result, since, settings.schedule.fixity_share, at)
    _print_result(result, as_json)
    if not result.ok:
        sys.exit(ExitCode.NOT_VERIFIED)


def _print_result(result: VerifyResult, as_json: bool) -> None:
    findings = [{"code": f.code, "doc_code": f.doc_code, "path": str(f.path), "detail": f.detail} for f in result.findings]
    if as_json:
        wiring.print_json({"ok": result.ok, "checked": result.checked, "removed": result.removed, "findings": findings})
        return
    told = "all hold" if result.ok else counted(len(findings), "FINDING")
    told += f"; {result.removed} removed by order" if result.removed else ""
    click.echo(f"checked {counted(result.checked, 'document')}: {told}")
    for finding in findings:
        click.echo(visible("  " + "  ".join(filter(None, finding.values()))))


VERBS = (find, show, seal, verify)
