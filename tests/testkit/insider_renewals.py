"""What somebody with the whole disk, and where it says so the time-stamping authority, does to evidence and its renewals; and the
codes that name it. The archive they find was renewed once, after its second night."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from pathlib import Path

from archive import evidence, evidencelist
from archive.checkpoint import Head
from archive.evidencelist import EvidenceList
from archive.heads import Published
from tests.testkit.insider import Insider, sha256, vouch
from tests.testkit.insider_attacks import Attacks, listing
from tests.testkit.proving import came_with, pem
from tests.testkit.signing import token as token_over

ATTACKS: Attacks = {}
caught = listing(ATTACKS)


def renewal(insider: Insider) -> Path:
    """Where the renewal lies."""
    return insider.root / "_log" / "renewals" / "0001"


def _again(insider: Insider, folder: Path, at: dt.datetime, **digests: str) -> None:
    """A list with other digests, and a time-stamp of that moment over it."""
    (path,) = evidence.list_files(folder)
    before = evidencelist.parsed(path.suffix[1:], path.read_bytes())
    for name in folder.glob("evidence.*"):
        insider.remove(name)
    listed = EvidenceList(before.algorithm, {**before.digests, **digests})
    pki = insider.house.pki
    with pki.at(at):
        token = token_over(pki, listed.tree.root)
        evidence.put(folder, listed, token, came_with(token))


@caught("renewal-missing", "unreadable")
def a_renewal_given_up_as_if_it_were_a_head(insider: Insider) -> None:
    shutil.rmtree(renewal(insider))
    insider.tell("head-lost", day="renewals/0001", files=3)


@caught("token-invalid")
def a_document_taken_off_a_nights_list(insider: Insider) -> None:
    path = insider.head(0) / "evidence.sha256"
    insider.write(path, b"".join(path.read_bytes().splitlines(keepends=True)[1:]))


@caught("token-invalid", "exchanged", "evidence-altered")
def a_document_exchanged_on_its_nights_list_too(insider: Insider) -> None:
    insider.write(insider.pdf(), b"%PDF other words")
    insider.bag()
    path, digest = insider.head(0) / "evidence.sha256", sha256(insider.pdf())
    lines = [f"{digest}  {line[66:]}" if line.endswith(insider.pdf().name) else line for line in path.read_text().splitlines()]
    insider.write(path, "".join(f"{line}\n" for line in lines).encode())


@caught("evidence-altered", "renewal-order")
def a_document_exchanged_and_its_night_stamped_anew(insider: Insider) -> None:
    insider.write(insider.pdf(), b"%PDF other words")
    insider.bag()
    place = insider.pdf().relative_to(insider.root).as_posix()
    _again(insider, insider.head(0), dt.datetime.now(dt.UTC), **{place: sha256(insider.pdf())})


def _beside(insider: Insider, token: Path) -> None:
    """Certificates that last longer: by them renewal would fall due later."""
    insider.write(token.with_name(f"{token.name}.pem"), pem(insider.house.pki.double().tsa))


@caught("certificates-altered")
def other_certificates_beside_the_token_of_a_night(insider: Insider) -> None:
    _beside(insider, insider.head(2) / "evidence.tst")


@caught("certificates-altered")
def other_certificates_beside_the_token_of_a_head(insider: Insider) -> None:
    _beside(insider, insider.head(2) / "checkpoint.tsr")


@caught("certificates-altered")
def other_certificates_beside_the_token_of_a_renewal(insider: Insider) -> None:
    _beside(insider, renewal(insider) / "evidence.tst")


@caught("token-invalid")
def earlier_evidence_laid_beside_a_renewal(insider: Insider) -> None:
    path = next(path for path in (renewal(insider) / "evidence.sha256").read_text().splitlines())[66:]
    insider.write(renewal(insider) / "evidence.before", f"{'0' * 64}  {path}\n".encode())


@caught("signature-missing")
def the_evidence_of_a_night_removed(insider: Insider) -> None:
    for path in insider.head(0).glob("evidence.*"):
        insider.remove(path)


@caught("renewal-missing")
def the_renewal_removed(insider: Insider) -> None:
    shutil.rmtree(renewal(insider))


@caught("renewal-missing")
def the_token_of_the_renewal_removed(insider: Insider) -> None:
    insider.remove(renewal(insider) / "evidence.tst")


@caught("renewal-altered", "token-invalid")
def a_line_taken_out_of_the_renewal(insider: Insider) -> None:
    path = renewal(insider) / "evidence.sha256"
    insider.write(path, b"".join(path.read_bytes().splitlines(keepends=True)[1:]))


@caught("renewal-altered", "token-invalid")
def the_renewal_under_the_token_of_a_night(insider: Insider) -> None:
    insider.write(renewal(insider) / "evidence.tst", (insider.head(1) / "evidence.tst").read_bytes())


@caught("renewal-altered", "renewal-order")
def the_renewal_made_anew_with_an_earlier_time(insider: Insider) -> None:
    """By an authority that sets its clock back to before what it renews."""
    _again(insider, renewal(insider), insider.house.pki.now() - dt.timedelta(days=30))


@caught("renewal-altered")
def the_renewal_made_anew_today(insider: Insider) -> None:
    _again(insider, renewal(insider), dt.datetime.now(dt.UTC))


@caught("evidence-altered")
def a_time_stamp_exchanged_that_was_renewed(insider: Insider) -> None:
    head = insider.head(0)
    text = (head / "checkpoint").read_bytes()
    with insider.house.pki.at(dt.datetime.now(dt.UTC) - dt.timedelta(days=1)):
        insider.vouch(0, late=dt.timedelta(seconds=9))
    assert (head / "checkpoint").read_bytes() == text


# --- the last night, which the renewal does not list


@caught("evidence-altered")
def a_document_left_out_and_its_night_stamped_anew(insider: Insider) -> None:
    path = insider.head(2) / "evidence.sha256"
    insider.write(path, b"".join(line for line in path.read_bytes().splitlines(keepends=True) if b".pdf" not in line))
    _again(insider, insider.head(2), dt.datetime.now(dt.UTC))


@caught("evidence-altered")
def a_list_of_one_file_that_is_the_two_halves_of_the_tree(insider: Insider) -> None:
    """Under the token that was there: the file's digest is the root."""
    path = insider.head(2) / "evidence.sha256"
    nodes = [bytes.fromhex(line[:64]) for line in path.read_text().splitlines()]
    nodes.sort()
    while len(nodes) > 2:
        pairs = [sorted(nodes[at : at + 2]) for at in range(0, len(nodes), 2)]
        nodes = [hashlib.sha256(b"".join(pair)).digest() if len(pair) > 1 else pair[0] for pair in pairs]
    top = insider.root / "_log" / "halves"
    insider.write(top, b"".join(sorted(nodes)))
    insider.write(path, f"{sha256(top)}  _log/halves\n".encode())


def kept(insider: Insider) -> Path:
    return min(insider.root.glob("_log/revocation/*.crl"), key=lambda path: path.stat().st_mtime)


@caught("revocation-missing", "evidence-altered")
def a_revocation_list_deleted(insider: Insider) -> None:
    insider.remove(kept(insider))


@caught("revocation-altered", "evidence-altered")
def a_revocation_list_of_which_somebody_is_gone(insider: Insider) -> None:
    insider.write(kept(insider), insider.house.pki.crl(insider.house.pki.tsa_root))


@caught("revocation-missing")
def all_revocation_lists_under_other_names(insider: Insider) -> None:
    for path in insider.root.glob("_log/revocation/*.crl"):
        path.rename(path.with_name(f"{'0' * 64}.crl"))


@caught("evidence-altered")
def a_line_twice_on_a_nights_list(insider: Insider) -> None:
    path = insider.head(2) / "evidence.sha256"
    first, *rest = path.read_bytes().splitlines(keepends=True)
    insider.write(path, b"".join((first, first, *rest)))


@caught("evidence-altered")
def a_nights_list_in_another_order(insider: Insider) -> None:
    path = insider.head(2) / "evidence.sha256"
    insider.write(path, b"".join(reversed(path.read_bytes().splitlines(keepends=True))))


@caught("evidence-altered")
def a_time_stamp_exchanged_and_said_to_be_removed_by_order(insider: Insider) -> None:
    for path in insider.head(0).glob("*"):
        insider.tell("removed", path=path.relative_to(insider.root).as_posix(), sha256="0" * 64, now=True)
    with insider.house.pki.at(dt.datetime.now(dt.UTC) - dt.timedelta(days=39)):
        for path in insider.head(0).glob("checkpoint.*"):
            insider.remove(path)
        vouch(Published(dt.date.today(), Head("", 0, b""), insider.head(0)), insider.house.pki, insider.house.organisation)


@caught("log-order", "renewal-altered")
def the_renewal_made_anew_and_told_anew_by_the_catalogue(insider: Insider) -> None:
    _again(insider, renewal(insider), dt.datetime.now(dt.UTC))
    listed, token = (sha256(renewal(insider) / name) for name in ("evidence.sha256", "evidence.tst"))
    insider.tell("renewed", number=1, digest="sha256", files=1, hashed_anew=0, list_sha256=listed, token_sha256=token)


@caught("unreadable")
def the_list_of_a_night_is_none(insider: Insider) -> None:
    insider.write(insider.head(0) / "evidence.sha256", b"x  y\n")


@caught("unreadable")
def two_lists_beside_one_token(insider: Insider) -> None:
    insider.write(insider.head(0) / "evidence.sha512", (insider.head(0) / "evidence.sha256").read_bytes())
