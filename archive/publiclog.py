"""The part of `Archive` that publishes its log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path

from archive import cosigned, evidence, headfiles, heads, logfiles, proofs, revocation, verify_heads
from archive.catalogue import Row
from archive.copies import SealedDay, is_payload
from archive.cosigned import Seen
from archive.errors import ArchiveError
from archive.event import Event, shown
from archive.evidence import Round
from archive.evidencelist import EvidenceList
from archive.heads import LogKey, Published
from archive.naming import local_date, record_place
from archive.places import Places
from archive.proofs import Proof, Record
from archive.prooftext import consistency_text
from archive.renewals import Evidence, Renewal
from archive.verify_log import Finding

_TAGMANIFESTS = """select json_extract(public, '$.day') day, json_extract(public, '$.tagmanifest_sha256') sha256
                   from event where type in ('sealed', 'resealed') order by seq"""


class PublicLog(Places):
    """The log and its published heads; `Archive` is one."""

    witnesses: tuple[str, ...] = ()  # verifier keys that are believed

    def publish(self, day: dt.date, key: LogKey) -> Published:
        """Publishes the head of the log for a day that was sealed; may be run again after any interruption.

        Raises:
            ArchiveError: `day-open`, it is not sealed.
        """
        return heads.publish(self.root, self._catalogue, day, key)

    def interrupted(self) -> dt.date | None:
        """The day of a head that was noted and never wholly laid down, if there is one: `publish` it again before another."""
        with self._catalogue.reading() as db:
            return heads.interrupted(self.root, db)

    def note_heads(self, actor: str) -> None:
        """Logs which files of heads were laid down since it was last done."""
        headfiles.note(self.root, self._catalogue, actor)

    def lost_head_files(self) -> list[str]:
        """Files of heads that the log tells of and that are not there: paths from the archive's folder."""
        with self._catalogue.reading() as db:
            return headfiles.lost(self.root, db)

    def give_up_head(self, day: dt.date, reason: str, actor: str) -> Published | None:
        """Logs that files of a head are lost for good; `publish` it again, if it is known.

        Raises:
            ArchiveError: `unknown`, there is no such head; `exists`, nothing of it is lost.
        """
        return headfiles.give_up(self.root, self._catalogue, day, reason, actor)

    def restore_log_file(self, source: Path, path: str) -> None:
        """Puts a file of `_log`, or all of a folder there that are wrong here, back from the archive of a copy.

        Raises:
            ArchiveError: `unknown`, `not-proved`, `exists`.
        """
        with self._catalogue.reading() as db:
            logfiles.restore(self.root, source, db, path)

    def log_files(self) -> dict[str, str]:
        """Digests of the files of `_log` that the log tells of, by path from the archive's folder."""
        with self._catalogue.reading() as db:
            return logfiles.told(db, self.root)

    def published(self) -> list[Published]:
        """All heads that were published, oldest first."""
        with self._catalogue.reading() as db:
            return heads.published(self.root, db)

    def evidence_of(self, head: Published, algorithm: str) -> tuple[EvidenceList, list[Finding]]:
        """What a time-stamp is to be had over for a head: what was filed since the one before, without what is altered."""
        with self._catalogue.reading() as db:
            return evidence.of_night(self.root, db, head, algorithm)

    def evidence(self) -> Evidence:
        """The evidence as it lies there now; of renewals those that the log knows."""
        with self._catalogue.reading() as db:
            return Evidence(self.root, evidence.logged(db))

    def renew(self, renewal: Renewal, token: bytes, chain: bytes, actor: str) -> None:
        """Lays a renewal down with its token and the certificates that came with it, and logs it."""
        evidence.put(renewal.folder, renewal.listed, token, chain)
        self._note_renewal(renewal.number, renewal.listed, token, actor)

    def note_renewals(self, actor: str, holds: Callable[[Round], bool]) -> list[Finding]:
        """Logs the renewal of which the log does not know, where whoever laid it down was interrupted.

        Args:
            actor: who finds it.
            holds: whether its token is over its list and leads to a trusted root, by the certificates that lie beside it.

        Returns:
            Those that are not ours: anybody may lay something there. They do not count.
        """
        findings = list[Finding]()
        with self._catalogue.reading() as db:
            known = {number for number, *_ in evidence.logged(db)}
        for each in evidence.renewals(self.root):
            if each.number in known:  # whether it still is that one, `check_renewals` tells
                continue
            if why := self._why_not_ours(each, max(known, default=0), holds):
                findings.append(Finding("token-invalid", None, each.token_path, f"no renewal of ours, does not count: {why}"))
            else:
                self._note_renewal(each.number, each.listed, each.token, actor)
                known.add(each.number)
        return findings

    def _why_not_ours(self, found: Round, last: int, holds: Callable[[Round], bool]) -> str:
        """Empty: it is one that was interrupted before it was logged."""
        if found.number < last:
            return "the log tells of a later one, and not of it"
        try:
            if not holds(found):
                return "its time-stamp does not lead to our roots, or is not over its list"
            return "" if self.evidence().would_list(found.listed) else "it lists other files than lie here"
        except ArchiveError:
            return "its list, or that of a night, cannot be read"

    def without_lists(self) -> list[str]:
        """Tokens that nothing renewed yet and of whose authority no lists were kept, or such as revoke it: paths, oldest first.

        Raises:
            ArchiveError: `evidence-altered`.
        """
        with self._catalogue.reading() as db:
            kept = revocation.kept(db).keys() - revocation.revoked(db)
        found = (path.relative_to(self.root).as_posix() for path in self.evidence().unrenewed())
        return sorted(place for place in found if place not in kept)

    def keep_lists(self, token: str, lists: Sequence[bytes], actor: str, *, is_revoked: bool = False) -> None:
        """Keeps revocation lists (DER) of the authority of a token, and logs it; of one that is revoked by them, once.

        Args:
            token: its path.
            lists: DER.
            actor: who does it.
            is_revoked: the authority, or one above, is on one of them.
        """
        with self._catalogue.reading() as db:
            is_told = is_revoked and token in revocation.revoked(db)
        if not is_told:
            revocation.keep(self.root, self._catalogue, token, lists, actor, is_revoked=is_revoked)

    def _note_renewal(self, number: int, listed: EvidenceList, token: bytes, actor: str) -> None:
        with self._catalogue.writing():
            self._catalogue.append(Event("renewed", actor, public=evidence.facts(number, listed, token)))

    def evidence_records(self, id: str) -> dict[str, bytes]:
        """The evidence records of a document's PDF, record and scan, by path (RFC 4998, DER).

        Raises:
            ArchiveError: `unknown`, `ambiguous`, `not-filed`; `not-published`, no time-stamp covers it yet; `evidence-altered`.
        """
        with self._catalogue.reading() as db:
            row = proofs.filed(db, id)
        if row["path"] is None:
            raise ArchiveError("not-filed", f"{row['doc_code']} is {row['state']}")
        paths = (row["path"], record_place(row["shelf_day"], row["doc_code"]), row["original_path"])
        records = {path: record for path in paths if path and (record := self.evidence_record(path))}
        if row["path"] not in records:
            told = f"{row['doc_code']}: its evidence is time-stamped when its day is sealed, in the night after it"
            raise ArchiveError("not-published", told)
        return records

    def evidence_record(self, path: str | None) -> bytes:
        """The evidence record of a file that lies there; empty where no time-stamp covers it, or it was removed.

        Raises:
            ArchiveError: `evidence-altered`.
        """
        return self.evidence().record(path) if path and (self.root / path).exists() else b""

    def record_of(self, path: str | None) -> Record:
        """The evidence record of a file, with the revocation lists that were kept of who gave its time-stamps.

        Raises:
            ArchiveError: `evidence-altered`.
        """
        if not path or not (self.root / path).exists():
            return Record()
        there = self.evidence()
        with self._catalogue.reading() as db:
            return Record(there.record(path), proofs.kept_of(db, there.tokens(path)))

    def proof(self, id: str) -> Proof:
        """That a document is in the log.

        Raises:
            ArchiveError: `unknown`, `ambiguous`, `not-filed`; `not-published`, no head covers it yet.
        """
        with self._catalogue.reading() as db:
            return proofs.of_document(self.root, db, id)

    def consistency(self, size: int) -> str:
        """The newest head, with the proof that the log of so many entries (0: none) is its beginning: a request to a witness.

        Raises:
            ArchiveError: `not-published`, there is no head; `unknown`, the newest is smaller.
        """
        with self._catalogue.reading() as db:
            newest, path = proofs.since(self.root, db, size)
        return consistency_text(size, path, (newest.folder / heads.CHECKPOINT).read_text("utf-8"))

    def sealed_days(self) -> list[SealedDay]:
        """Days that are bags, oldest first, with the manifests the log knows. A removal that names no file of its day is none."""
        sql = "select day, manifest_sha256 from day where sealed_at is not null order by day"
        removed: dict[str, list[str]] = {}
        with self._catalogue.reading() as db:
            for row in db.query("select json_extract(public, '$.path') path from event where type = 'removed'"):
                day, name = str(row["path"])[:10].replace("/", "-"), str(row["path"])[11:]
                removed.setdefault(day, []).extend([name] if is_payload(name) else [])
            tags = {row["day"]: str(row["sha256"] or "") for row in db.query(_TAGMANIFESTS)}
            return [SealedDay(dt.date.fromisoformat(row["day"]), row["manifest_sha256"], tuple(removed.get(row["day"], ())),
                              tags.get(row["day"], "")) for row in db.query(sql)]  # fmt: skip

    def happened(self, *types: str) -> list[Row]:
        """All events of these types, oldest first, as an auditor reads them."""
        sql = f"select * from event join leaf using (seq) where type in ({', '.join('?' * len(types))}) order by seq"
        with self._catalogue.reading() as db:
            return [shown(row) for row in db.query(sql, list(types))]

    def lost_heads(self) -> list[Finding]:
        """Published heads that are not there any more, or say something else; what witnesses signed, and does not hold."""
        with self._catalogue.reading() as db:
            return [*verify_heads.check_files(self.root, db), *cosigned.check(self.root, db, self.witnesses)]

    def take_cosigned(self, data: bytes, actor: str) -> list[Seen]:
        """Takes in a head that a witness signed.

        Raises:
            WitnessError: `bad-request`, `not-pinned`, `signature-invalid`, `log-forked`.
        """
        return cosigned.take(self.root, self._catalogue, data, self.witnesses, actor)

    def cosigned(self, size: int | None = None) -> list[Seen]:
        """What witnesses signed, newest head first; of one head, where its size is given."""
        return cosigned.listed(self.root, self.witnesses, size)

    def unpublished(self) -> list[dt.date]:
        """Days whose sealing no head covers, in the order of sealing; the head of the last covers all.

        Of what was sealed anew, the day on which that was done, once it is over: else it waits for that day's own head.
        """
        sql = """select case type when 'sealed' then json_extract(public, '$.day') else day end day from event
                 where type in ('sealed', 'resealed') and seq >= (select coalesce(max(size), 0) from checkpoint)
                 and (type = 'sealed' or day < ?) order by type = 'sealed', seq"""
        with self._catalogue.reading() as db:
            found = db.query(sql, [local_date(self._catalogue.now()).isoformat()])
            return [dt.date.fromisoformat(row["day"]) for row in found]
