"""A package of a file made from an archive: which documents, with which elements, with what beside them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata, resources
from pathlib import Path, PurePosixPath

from archive.catalogue import Row
from archive.packages import content, ead, mets
from archive.packages.gather import Gathered, Held, gather
from archive.packages.values import Happening, Item, Package, Part, Rules, made
from archive.store import Archive, FileRow
from processor import law as laws
from processor import metadata as reckoned
from processor.packages import fields
from processor.packages.rules import Law
from processor.settings import Settings

_JSON, _TEXT, _BYTES = "application/json", "text/plain", "application/octet-stream"
_MEDIA = {".json": _JSON, ".txt": _TEXT}


@dataclass(frozen=True, slots=True)
class Made:
    """A package, its files in order, and what is wrong with what it says."""

    package: Package
    items: tuple[Item, ...]
    complaints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which package: `aip`, `sip`, or `aip-tailieu`, `sip-tailieu` with the code of a document's own package."""

    kind: str
    code: str = ""


def make(archive: Archive, dossier: FileRow, codes: Sequence[str], wanted: Wanted, law: Law, settings: Settings) -> Made:
    """The package of these documents of one file.

    Args:
        archive: where they are.
        dossier: their file.
        codes: documents of it, in the order they shall stand in.
        wanted: which package.
        law: the rule for that kind.
        settings: whose station this is.

    Raises:
        ArchiveError: `altered`.
    """
    held = gather(archive, dossier.file_code, codes)
    organ = settings.packages.archive_id or settings.station.organ_id
    file = {**asdict(dossier), "arc_file_code": f"{organ}.{dossier.file_code}"}
    records = [each.told for each in held.held]
    whole = fields.with_period(reckoned.dossier(file, records), law.file)
    if wanted.code:
        whole = fields.alone(whole, records, wanted.code, organ, settings.station.agency)
    own, complaints = fields.filled(whole, law.file, wanted.code or dossier.file_code)
    parts = []
    for each, record in zip(held.held, records, strict=True):
        told, wrong = fields.filled(reckoned.document(record, file), law.document, record["doc_code"])
        complaints += wrong
        parts.append(_part(archive.root, each, record, told))
    moment = _local(held.moment)
    station, code = settings.station, wanted.code or dossier.file_code
    package = Package(
        wanted.kind.partition("-")[0].upper(), settings.packages.fonds, code, str(whole["title"]), moment, station.agency,
        station.organ_id, metadata.version("sohoa"), _rules(law), own, tuple(parts),
        (*_of_package(law, moment), *(each for one in held.held for each in _of_document(one, law, moment))),
        _beside(archive.root, held, law, complaints, moment),
    )  # fmt: skip
    return Made(package, content.files(package, _schemas(law)), tuple(complaints))


def _rules(law: Law) -> Rules:
    return Rules(law.layout.profile, law.layout.content_category, law.layout.content_type)


def _schemas(law: Law) -> dict[str, bytes]:
    layouts = {"EAD.xsd": law.file, "EAD_doc.xsd": law.document}
    return {name: ead.schema({each.name: each.length for each in profile.fields}) for name, profile in layouts.items()}


def _part(base: Path, held: Held, record: Row, told: tuple[tuple[str, str], ...]) -> Part:
    code = record["doc_code"]
    path, created = f"{mets.REPRESENTATION}/data/{code}.pdf", _local(record["filed_at"])
    pdf = Item(path, record["sha256"], record["size"], "application/pdf", created, base / held.row["path"])
    version = f"PDF/A-{record['pdfa']}" if record["pdfa"] else ""
    return Part(code, record["subject"] or code, told, pdf, record["original_name"], version, record["supersedes"] or "")


def _of_package(law: Law, moment: str) -> tuple[Happening, ...]:
    kinds = (("transfer", "organisation"), ("information package creation", "software"))
    return tuple(Happening(kind, moment, law.premis[kind], agent=agent) for kind, agent in kinds)


def _of_document(held: Held, law: Law, moment: str) -> list[Happening]:
    """What the record says happened to a document, in the order of time."""
    row, code = held.told, held.row["doc_code"]
    found = [
        ("capture", row["provenance"].get("received_at"), "success", f"SHA-256 {row['scan_sha256']}", "organisation"),
        ("validation", row["filed_at"] if row["pdfa"] else None, "success", f"PDF/A-{row['pdfa']}", "software"),
        ("digital signature validation", row["filed_at"] if row["verification"] else None, row["verification"], "", "software"),
        ("digital signature generation", row["signed_at"] if not row["verification"] else None, "success",
         row["block_text"] or row["pades_level"] or "", "organisation"),
        ("ingestion", row["filed_at"], "success", row["path"], "software"),
        ("fixity check", moment, "success", f"SHA-256 {row['sha256']}", "software"),
    ]  # fmt: skip
    told = [
        Happening(kind, _local(at), law.premis[kind], outcome, note, code, agent)
        for kind, at, outcome, note, agent in found if at
    ]  # fmt: skip
    return sorted(told, key=lambda each: each.at)


def _beside(base: Path, held: Gathered, law: Law, complaints: Sequence[str], moment: str) -> tuple[Item, ...]:
    """What lets somebody who has only the package check it."""
    explained = resources.files("archive").joinpath("FORMAT.md").read_bytes()
    items = [
        _own("DOC-TRUOC.txt", law.readme.lstrip().encode(), _TEXT, moment), _own("FORMAT.md", explained, "text/markdown", moment),
        _own("events.jsonl", held.events, _JSON, moment), _own("proof.json", held.proof, _JSON, moment),
    ]  # fmt: skip
    if complaints:
        items.append(_own("thieu-thong-tin.txt", "".join(f"{line}\n" for line in complaints).encode(), _TEXT, moment))
    for each in held.held:
        code, created = each.row["doc_code"], _local(each.row["filed_at"])
        items.append(_own(f"records/{code}.json", each.record, _JSON, created))
        for beside in each.companions:
            name = PurePosixPath(beside["path"]).name
            items.append(Item(f"documentation/evidence/{name}", beside["sha256"], beside["size"],
                              _MEDIA.get(PurePosixPath(name).suffix, _BYTES), created, base / beside["path"]))  # fmt: skip
    return tuple(items)


def _own(name: str, data: bytes, media: str, created: str) -> Item:
    return made(f"documentation/{name}", data, media, created)


def _local(moment: str) -> str:
    """A moment as TT 05/2025 writes it: ISO 8601 in Vietnam's time."""
    return dt.datetime.fromisoformat(moment).astimezone(laws.VIETNAM).isoformat(timespec="seconds")
