"""The part of `Archive` that keeps the declared files (hồ sơ)."""

from __future__ import annotations

from archive import dossiers
from archive.catalogue import Catalogue
from archive.dossiers import FileRow


class FileBook:
    """Declared files; `Archive` is one."""

    _catalogue: Catalogue

    def declare_file(
        self, file_code: str, title: str, *, maintenance: str = "", organ_id: str = "", year: int, actor: str
    ) -> FileRow:
        """Opens a file that documents may be numbered in; the same declaration again changes nothing.

        Raises:
            ArchiveError: `bad-file-code`; `file-exists`, declared with other facts or differing only in case.
        """
        facts = {"title": title, "maintenance": maintenance, "organ_id": organ_id, "year": year}
        return dossiers.declare(self._catalogue, file_code, facts, actor)

    def close_file(self, file_code: str, actor: str) -> None:
        """Ends the numbering in a file; codes already reserved may still be filed.

        Raises:
            ArchiveError: `file-unknown`.
        """
        dossiers.close(self._catalogue, file_code, actor)

    def files(self) -> list[FileRow]:
        """All declared files, by code."""
        with self._catalogue.reading() as db:
            return dossiers.listed(db)

    def declared(self, file_code: str) -> FileRow | None:
        """One declared file, or None."""
        with self._catalogue.reading() as db:
            return next(iter(dossiers.listed(db, "file_code = ?", (file_code,))), None)
