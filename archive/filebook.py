"""The part of `Archive` that keeps the declared files (hồ sơ) and their fonds (phông)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archive import dossiers, fonds
from archive.catalogue import Catalogue
from archive.dossiers import FileFacts, FileRow
from archive.fonds import FondsRow


class FileBook:
    """Declared files; `Archive` is one."""

    _catalogue: Catalogue

    def declare_file(
        self, file_code: str, title: str, *, maintenance: str = "", organ_id: str = "", year: int, actor: str
    ) -> FileRow:
        """Opens a file of which no more is known; see `declare`."""
        return self.declare(FileFacts(file_code, title, year, maintenance, organ_id), actor)

    def declare(self, file: FileFacts, actor: str) -> FileRow:
        """Opens a file that documents may be numbered in; the same declaration again changes nothing.

        Raises:
            ArchiveError: `bad-file-code`; `file-exists`, declared with other facts or differing only in case;
                `fonds-unknown`, `fonds-closed`; `file-unknown`, the file it continues.
        """
        return dossiers.declare(self._catalogue, file, actor)

    def shelve_file(self, file_code: str, paper: str, actor: str) -> FileRow:
        """Says where the paper of a file lies now.

        Args:
            paper: its code (TT 05/2025, paperFileCode).

        Raises:
            ArchiveError: `file-unknown`.
        """
        return dossiers.shelve(self._catalogue, file_code, paper, actor)

    def declare_all(self, files: Sequence[FileFacts], actor: str) -> None:
        """Opens several files in one transaction.

        Raises:
            ArchiveError: as `declare`; then none is opened.
        """
        dossiers.declare_all(self._catalogue, files, actor)

    def change_file(self, file_code: str, changes: Mapping[str, str], actor: str) -> FileRow:
        """Corrects what is known of an open file (`dossiers.CHANGEABLE`).

        Raises:
            ArchiveError: `file-unknown`, `file-closed`, `bad-field`.
        """
        return dossiers.change(self._catalogue, file_code, changes, actor)

    def close_file(self, file_code: str, actor: str, ended_on: str | None = None) -> None:
        """Ends the numbering in a file; codes already reserved may still be filed.

        Args:
            ended_on: the day its work ended, where that is not today (ISO 8601).

        Raises:
            ArchiveError: `file-unknown`.
        """
        dossiers.close(self._catalogue, file_code, actor, ended_on)

    def reopen_file(self, file_code: str, reason: str, actor: str) -> None:
        """Lets a closed file take documents again.

        Args:
            reason: kept in the log, private.

        Raises:
            ArchiveError: `file-unknown`; `file-open`; `file-disposed`, documents of it were destroyed.
        """
        dossiers.reopen(self._catalogue, file_code, reason, actor)

    def files(self) -> list[FileRow]:
        """All declared files, by code."""
        with self._catalogue.reading() as db:
            return dossiers.listed(db)

    def declared(self, file_code: str) -> FileRow | None:
        """One declared file, or None."""
        with self._catalogue.reading() as db:
            return next(iter(dossiers.listed(db, "file_code = ?", (file_code,))), None)

    def declared_caseless(self, file_code: str) -> FileRow | None:
        """The file whose code differs at most in its case, or None."""
        with self._catalogue.reading() as db:
            return next(iter(dossiers.listed(db, "caseless = ?", (file_code.casefold(),))), None)

    def declare_fonds(self, code: str, name: str, history: str, actor: str) -> None:
        """Opens a fonds; the same declaration again changes nothing.

        Raises:
            ArchiveError: `fonds-exists`, `bad-field`.
        """
        fonds.declare(self._catalogue, code, name, history, actor)

    def close_fonds(self, code: str, actor: str) -> None:
        """A fonds takes no new files any more.

        Raises:
            ArchiveError: `fonds-unknown`.
        """
        fonds.close(self._catalogue, code, actor)

    def fonds(self) -> list[FondsRow]:
        """All fonds, by code."""
        with self._catalogue.reading() as db:
            return fonds.listed(db)
