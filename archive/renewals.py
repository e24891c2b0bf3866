"""Renewal of evidence (RFC 4998 §5), and the evidence record of a file.

A renewal is a list with a token of its own, `_log/renewals/NNNN/`. Over time-stamps that grow old (§5.2): every file of `_log` that
no renewal by this hash algorithm lists yet. When the algorithm changes (§5.3) that is all of them, and in addition every file of
the nights' lists, hashed anew together with the evidence it had. Promises: a renewal is logged (`renewed`) with the digests of its
list and token; nothing that is not what its last list says is given new evidence. Refuses (ArchiveError `evidence-altered`) to
build on evidence that cannot be read, and is not named to be left out.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from archive import ers, evidence
from archive.durable import DurableError, digest_file
from archive.evidence import Logged, Round
from archive.evidencelist import EvidenceList
from archive.heads import CHECKPOINT, DAY, EVIDENCE, LOG, TOKEN
from archive.verify_log import Finding


@dataclass(frozen=True, slots=True)
class Renewal:
    """A renewal that wants a time-stamp.

    Attributes:
        folder: where it will lie.
        listed: what it renews.
        findings: what is left out, for it is not what it was.
    """

    folder: Path
    listed: EvidenceList
    findings: tuple[Finding, ...]

    @property
    def number(self) -> int:
        """Its number, from 1."""
        return int(self.folder.name)


class Evidence:
    """All evidence of an archive as it lies there now.

    Args:
        root: the archive.
        logged: the renewals that count, for anybody may lay something there; None: there is no log to ask, all do.
    """

    def __init__(self, root: Path, logged: Logged | None = None) -> None:
        self._root, self._logged = root, logged or ()
        self._nights, found = evidence.nights(root), evidence.renewals(root)
        self._renewals = [each for each in found if logged is None or each.is_one_of(logged)]

    def _begins(self, without: Collection[str]) -> dict[str, Round]:
        """Every file of the nights' lists, and the first of these."""
        found = dict[str, Round]()
        for each in self._nights:
            if each.token_path not in without:
                for path in each.listed.digests:
                    found.setdefault(path, each)
        return found

    def record(self, path: str) -> bytes:
        """The evidence record of a file, DER; empty where no night's list has it."""
        first = next((each for each in self._nights if each.names(path)), None)
        return ers.record(self._chains(path, first)) if first else b""

    def tokens(self, path: str) -> list[str]:
        """Where the tokens of a file's evidence record lie, from the archive's folder, oldest first."""
        first = next((each for each in self._nights if each.names(path)), None)
        return [each.token_path for chain in self._way(path, first) for each, _ in chain] if first else []

    def algorithms(self, without: Collection[str] = ()) -> set[str]:
        """By which the evidence is held together that counts today; `without` as of `renewal`."""
        listed = {*self._listed(), *without}
        return {each.algorithm for each in (*self._nights, *self._renewals[-1:]) if each.token_path not in listed}

    def unrenewed(self) -> list[Path]:
        """Tokens that no renewal lists: the archive's proofs last as long as they do."""
        listed = self._listed()
        tokens = [path.relative_to(self._root).as_posix() for path in sorted((self._root / LOG).glob(f"{DAY}/{TOKEN}"))]
        tokens += [each.token_path for each in (*self._nights, *self._renewals)]
        return [self._root / path for path in tokens if path not in listed]

    def over(self, token: Path) -> tuple[str, str]:
        """What one of those is to be over: the algorithm, and the digest in hexadecimal.

        Raises:
            ArchiveError: `evidence-altered`.
            OSError: its head cannot be read.
        """
        if token.name == TOKEN:
            return self.algorithm(token), digest_file(token.with_name(CHECKPOINT), "sha256")
        return self.algorithm(token), Round(self._root, token.parent).listed.tree.root.hex()

    def algorithm(self, token: Path) -> str:
        """By which what one of those is over was hashed; told without reading it.

        Raises:
            ArchiveError: `evidence-altered`.
        """
        return "sha256" if token.name == TOKEN else Round(self._root, token.parent).algorithm

    def renewal(self, algorithm: str, without: Collection[str] = ()) -> Renewal:
        """The next renewal, by this algorithm; `without` these tokens, which prove nothing, and what hangs on them.

        Raises:
            ArchiveError: `evidence-altered`.
        """
        known = {path for each in self._renewals if each.algorithm == algorithm for path in each.listed.digests}
        left = tuple(path.replace(EVIDENCE, "evidence.") for path in without)  # with a token the list it is over
        begins = self._begins(without)
        fresh = {path for path in self._settled() if not path.startswith(left)} - known - begins.keys()
        digests = {path: digest_file(self._root / path, algorithm) for path in fresh}
        before, findings = dict[str, str](), list[Finding]()
        for path, first in begins.items():
            way = self._way(path, first)
            last = way[-1][0][0].listed
            if last.algorithm == algorithm or not (self._root / path).exists():  # removed by order, or told as missing
                continue
            if any(each.token_path in without for chain in way for each, _ in chain):
                continue
            try:
                digests[path] = digest_file(self._root / path, algorithm, expected=(last.algorithm, last.digests[path]))
                before[path] = hashlib.new(algorithm, ers.sequence(self._chains(path, first))).hexdigest()
            except (OSError, DurableError):
                findings.append(Finding("altered", None, path, "is not what was time-stamped: its evidence is not renewed"))
        return Renewal(self._next(), EvidenceList(algorithm, digests, before), tuple(findings))

    def would_list(self, listed: EvidenceList) -> bool:
        """Whether a renewal that was made now would say the same of each file that is listed there, and was not removed since."""
        now = self.renewal(listed.algorithm).listed
        there = (path for path in listed.digests if path.startswith(f"{LOG}/") or os.path.lexists(self._root / path))
        return all(now.digests.get(path) == listed.digests[path] and now.before.get(path) == listed.before.get(path)
                   for path in there)  # fmt: skip

    def _next(self) -> Path:
        """Where the next renewal will lie: after all there were, and where nobody laid another."""
        numbers = [each.number for each in self._renewals] + [number for number, *_ in self._logged]
        folder, last = self._root / LOG / evidence.RENEWALS, max(numbers, default=0)
        return next(path for number in count(last + 1) if not os.path.lexists((path := folder / f"{number:04}") / EVIDENCE))

    def _listed(self) -> set[str]:
        return {path for each in self._renewals for path in each.listed.digests}

    def _settled(self) -> Iterator[str]:
        """What lies in `_log` for good; but the newest head, which lies there twice, and what waits for its signature or token.

        Of names that FORMAT.md knows alone: anybody may lay a file there whose name no list can hold. Of renewals those that count.
        """
        for path in (self._root / LOG).rglob("*"):
            waits = path.name.startswith("evidence.") and not (path.parent / EVIDENCE).exists()
            waits |= path.name.startswith(f"{CHECKPOINT}.") and path.suffix == ".pem" and not path.with_suffix("").exists()
            place = path.relative_to(self._root).as_posix()
            if path.is_file() and not path.is_symlink() and not waits and self._counts(path) and evidence.KNOWN.fullmatch(place):
                yield place

    def _counts(self, path: Path) -> bool:
        ours = {each.folder for each in self._renewals}
        return path.parent in ours or self._root / LOG / evidence.RENEWALS not in path.parents

    def _chains(self, path: str, first: Round) -> list[list[ers.ArchiveTimeStamp]]:
        return [[each.stamp_of(listed) for each, listed in chain] for chain in self._way(path, first)]

    def _way(self, path: str, last: Round) -> list[list[tuple[Round, str]]]:
        """What proves a file: a chain for each hash algorithm it went through, of rounds and what each of them lists for it."""
        chains = [[(last, path)]]
        for each in self._renewals:
            if path in each.listed.before:
                chains.append([(each, path)])
            elif last.token_path in each.listed.digests and each.algorithm == last.algorithm:
                chains[-1].append((each, last.token_path))
            else:
                continue
            last = each
        return chains
