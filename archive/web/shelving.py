"""Files (hồ sơ) as a tree: fonds, year, file, by the names people gave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

from starlette.requests import Request
from starlette.responses import Response

from archive.dossiers import FileRow
from archive.query import Query
from archive.web.site import archive_of, gone, shown

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Branch:
    """A fonds with its years, each with its files."""

    code: str
    name: str
    years: Sequence[tuple[int, Sequence[FileRow]]]

    @property
    def documents(self) -> int:
        """How many documents are in it."""
        return sum(file.documents for _, files in self.years for file in files)


def tree(files: Sequence[FileRow], names: Mapping[str, str]) -> list[Branch]:
    """Files by fonds and year, the newest first; those of no fonds last."""
    ordered = sorted(files, key=lambda file: (not file.fonds, file.fonds, -file.year, file.file_code))
    return [
        Branch(fonds, names.get(fonds, ""), [(year, list(each)) for year, each in groupby(within, lambda file: file.year)])
        for fonds, within in groupby(ordered, lambda file: file.fonds)
    ]


def shelves(request: Request) -> Response:
    """All files."""
    archive = archive_of(request)
    names = {row.code: row.name for row in archive.fonds()}
    return shown(request, "shelves.html", "shelves", branches=tree(archive.files(), names))


def file(request: Request) -> Response:
    """A file and what is in it."""
    archive, code = archive_of(request), request.path_params["code"]
    found = archive.declared(code)
    if found is None:
        return gone(request)
    rows = sorted(islice(archive.find(Query(fields={"file_code": code}, limit=_SHOWN)), _SHOWN), key=lambda row: row["doc_ordinal"])
    names = {row.code: row.name for row in archive.fonds()}
    return shown(request, "file.html", "shelves", file=found, rows=rows, fonds=names.get(found.fonds, ""))
