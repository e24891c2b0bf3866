"""False proofs around a true signature: revocation data, time-stamps, validation data in the file; and old ones that are honest.

Promises: as `false_signers`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable

from asn1crypto import tsp
from cryptography import x509

from tests.testkit import signing
from tests.testkit.answers import signed_token
from tests.testkit.authorities import Pki
from tests.testkit.false_signers import DAY, HOUR, Build, Scene
from tests.testkit.signing import LEGACY, PADES, UNSTAMPED, Way

SUPERSEDED, HOLD = x509.ReasonFlags.superseded, x509.ReasonFlags.certificate_hold


def revoked(
    who: str = "office", signed: dt.timedelta = -HOUR, at: dt.timedelta = -DAY, *, way: Way = PADES,
    reason: x509.ReasonFlags = x509.ReasonFlags.key_compromise,
) -> Build:  # fmt: skip
    """Somebody (office, issuing, tsa) was revoked so long after now; the letter was signed so long after now."""

    def build(scene: Scene) -> bytes:
        now = scene.pki.now()
        holder = scene.office if who == "office" else scene.pki.issuing if who == "issuing" else scene.pki.tsa
        with scene.pki.at(now + signed):
            pdf = scene.signed(way=way)
        scene.pki.revoke(holder, now + at, reason)
        return pdf

    return build


def services(**lies: str) -> Build:
    """All is well with the letter; these services (`ocsp`, `crl`, `root_crl`, `tsa_crl`) answer otherwise."""

    def build(scene: Scene) -> bytes:
        for service, word in lies.items():
            scene.pki.lie(service.replace("_", "-"), word)
        return scene.signed()

    return build


def revoked_and_hushed(lie: str) -> Build:
    """The office is revoked, its CA's list cannot be had, and who answers by OCSP lies."""

    def build(scene: Scene) -> bytes:
        scene.pki.lie("crl", "silent")
        scene.pki.lie("ocsp", lie)
        return revoked()(scene)

    return build


def revoked_by_scope(scene: Scene) -> bytes:
    """Revoked; the only list that can be had is of CA certificates alone, and does not name it."""
    pdf = revoked()(scene)
    scene.pki.revoked.clear()
    scene.pki.lie("ocsp", "silent")
    scene.pki.lie("crl", "scope")
    return pdf


def revoked_and_replayed(scene: Scene) -> bytes:
    """Revoked a day before it was signed; the file brings a list of the day before that, which has not run out; nobody answers."""
    now = scene.pki.now()
    with scene.pki.at(now - 36 * HOUR):
        lists = [scene.pki.crl(each) for each in (scene.pki.issuing, scene.pki.root, scene.pki.tsa_root)]
    pdf = signing.add_dss(revoked()(scene), [scene.office], lists)
    scene.pki.lie("ocsp", "silent")
    scene.pki.lie("crl", "silent")
    return pdf


def poisoned(*lies: str) -> Build:
    """The letter brings lists of its own: of a stranger, of another authority, old; the services are silent."""

    def build(scene: Scene) -> bytes:
        pdf = scene.signed()
        lists = [scene.pki.crl(scene.pki.issuing, lie) for lie in lies]
        own = [scene.pki.crl(scene.pki.root), scene.pki.crl(scene.pki.tsa_root)]
        scene.pki.lie("crl", "silent")
        scene.pki.lie("ocsp", "silent")
        return signing.add_dss(pdf, [scene.office, scene.pki.issuing], [*lists, *own])

    return build


def poisoned_while_revoked(scene: Scene) -> bytes:
    """Revoked before it was signed; the letter brings a stranger's list that knows of nothing."""
    pdf = revoked()(scene)
    kept, scene.pki.revoked = scene.pki.revoked, {}
    lists = [scene.pki.crl(scene.pki.issuing, "stranger")]
    scene.pki.revoked = kept
    return signing.add_dss(pdf, [scene.office], lists)


def slandered(scene: Scene) -> bytes:
    """The letter is good; somebody added a stranger's list that calls it revoked."""
    pdf = scene.signed()
    scene.pki.revoke(scene.office, scene.pki.now() - 5 * DAY)
    lists = [scene.pki.crl(scene.pki.issuing, "stranger")]
    scene.pki.revoked.clear()
    return signing.add_dss(pdf, [scene.office], lists)


# time


def stamped(lie: str) -> Build:
    """The token of the signature lies (a word of `answers.LIES`)."""

    def build(scene: Scene) -> bytes:
        return _with_token(scene, lambda value: signing.token(scene.pki, value, lie))

    return build


def _with_token(scene: Scene, stamp: Callable[[bytes], bytes], way: Way = PADES) -> bytes:
    def make(digest: bytes) -> bytes:
        return signing.cms_of(digest, scene.office, scene.pki, way, stamp=stamp)

    return signing.sign(signing.page(), scene.office, scene.pki, way, make=make)


def stamp_of_another(scene: Scene) -> bytes:
    """A good token, of another signature."""
    return _with_token(scene, lambda value: signing.token(scene.pki, hashlib.sha256(value).digest()))


def stamp_by_office(scene: Scene) -> bytes:
    """The office stamps its own signature: its certificate is good, and not for time."""

    def stamp(value: bytes) -> bytes:
        imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": value}
        info = {"version": "v1", "policy": "1.3.6.1.4.1.55555.1.2", "message_imprint": imprint, "serial_number": 7,
                "gen_time": scene.pki.now()}  # fmt: skip
        return signed_token(tsp.TSTInfo(info), scene.office, [scene.office])

    return _with_token(scene, stamp)


def backdated(scene: Scene) -> bytes:
    """The certificate died ten days ago; a stranger's token says that it was signed before."""
    life = scene.life(-400 * DAY, -10 * DAY)
    scene.office = scene.pki.organisation(life=life)
    double = scene.pki.double()

    def stamp(value: bytes) -> bytes:
        with double.at(scene.pki.now() - 20 * DAY):
            return signing.token(double, value)

    with scene.pki.at(scene.pki.now() - 20 * DAY):
        return _with_token(scene, stamp)


def only_a_stamp(scene: Scene) -> bytes:
    """Nobody signed; the time is proved."""
    return signing.stamp_document(signing.page(), scene.pki)


def last_stamp(lie: str) -> Build:
    """Signature and evidence are good; the document time-stamp lies."""

    def build(scene: Scene) -> bytes:
        pdf = signing.evidence(scene.signed(), scene.office, scene.pki)
        return signing.stamp_document(pdf, scene.pki, lie=lie)

    return build


# honest, and old


def of_2019(*, archived: bool, years: int = 8) -> Build:
    """Signed in 2019 by a CA that has died since; the time-stamping authority lives. `archived`: B-LTA, else B-T."""

    def build(scene: Scene) -> bytes:
        today = scene.pki.now()
        scene.pki = Pki(dt.datetime(2019, 5, 6, 3, 0, tzinfo=dt.UTC), years, 24)
        scene.__post_init__()
        pdf = scene.signed()
        if archived:
            pdf = signing.archived(pdf, scene.office, scene.pki)
        scene.pki.moment = today
        for service in ("ocsp", "crl", "root-crl"):
            scene.pki.lie(service, "silent")
        return pdf

    return build


def expired_since(*, way: Way = PADES) -> Build:
    """The certificate was good when it was signed and died ten days ago; its CA lives, and its lists too."""

    def build(scene: Scene) -> bytes:
        scene.office = scene.pki.organisation(life=scene.life(-400 * DAY, -10 * DAY))
        with scene.pki.at(scene.pki.now() - 20 * DAY):
            pdf = scene.signed(way=way)
            return pdf if way is UNSTAMPED or way is LEGACY else signing.archived(pdf, scene.office, scene.pki)

    return build
