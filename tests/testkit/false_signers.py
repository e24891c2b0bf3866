"""Signers who are not who they seem, or sign with what is too weak; and the scene that every forgery is made in.

Promises: each function gets a scene, signs a letter in it and arranges the services so that the claim of its name holds at
`scene.pki.now()`. Refuses: anything a judge could blame on the file's structure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.testkit import signing
from tests.testkit.answers import Holder, signed_data, signer_info
from tests.testkit.authorities import AGENCY, PEOPLE, Pki, name
from tests.testkit.signing import PADES, SHA1, Way

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)


@dataclass
class Scene:
    """The world one forgery is made and judged in."""

    pki: Pki = field(default_factory=Pki)
    office: Holder = field(init=False)
    person: Holder = field(init=False)

    def __post_init__(self) -> None:
        self.office, self.person = self.pki.organisation(), self.pki.person()

    def signed(self, pdf: bytes | None = None, way: Way = PADES) -> bytes:
        """A letter (or another document) signed by the office."""
        return signing.sign(signing.page() if pdf is None else pdf, self.office, self.pki, way)

    def life(self, begin: dt.timedelta, end: dt.timedelta) -> tuple[dt.datetime, dt.datetime]:
        """From so long after now to so long after now."""
        return self.pki.now() + begin, self.pki.now() + end


Build = Callable[[Scene], bytes]


# who signed


def look_alike(scene: Scene, way: Way = PADES) -> bytes:
    """By an authority of the same names and other keys, which stamps too."""
    double = scene.pki.double()
    return signing.sign(signing.page(), double.organisation(), double, way)


def look_alike_stamped_well(scene: Scene) -> bytes:
    """By the look-alike's office, with a token of the true authority."""
    double = scene.pki.double().organisation()
    return signing.sign(signing.page(), double, scene.pki, replace(PADES, whole_chain=True))


def self_signed(scene: Scene) -> bytes:
    """By a certificate that vouches for itself, with the office's name."""
    subject = name(AGENCY, o=PEOPLE)
    own = scene.pki.issue(subject, None, [], scene.life(-DAY, 365 * DAY))
    return signing.sign(signing.page(), own, scene.pki)


def issued_by_a_leaf(scene: Scene) -> bytes:
    """A person's certificate, which is no CA's, vouches for another; the whole chain is embedded."""
    mark = (x509.BasicConstraints(ca=False, path_length=None), True)
    child = scene.pki.issue(name(AGENCY, o=PEOPLE), scene.person, [mark], scene.life(-DAY, 365 * DAY))
    return signing.sign(signing.page(), child, scene.pki, replace(PADES, whole_chain=True))


def by_time_stamper(scene: Scene) -> bytes:
    """By the key of the time-stamping authority, which may do nothing but stamp."""
    return signing.sign(signing.page(), scene.pki.tsa, scene.pki, replace(PADES, whole_chain=True))


def living(begin: dt.timedelta, end: dt.timedelta, way: Way = PADES) -> Build:
    """By a certificate that lives from so long after now to so long after now."""

    def build(scene: Scene) -> bytes:
        who = scene.pki.organisation(life=scene.life(begin, end))
        return signing.sign(signing.page(), who, scene.pki, way)

    return build


def altered_certificate(scene: Scene) -> bytes:
    """The embedded certificate has another number of the agency: the CA signed no such thing; the signature's key is right."""
    der = scene.office.der.replace(b"MST:0000000017", b"MST:0000000018")
    other = replace(scene.office, certificate=x509.load_der_x509_certificate(der))
    return signing.sign(signing.page(), other, scene.pki)


def other_certificate_named(scene: Scene) -> bytes:
    """The signing-certificate attribute names a certificate that is not the signer's."""

    def make(digest: bytes) -> bytes:
        signer = signer_info(scene.office, _attributes(digest, scene.office, scene.person))
        return signed_data("data", None, [scene.office], [signer])

    return signing.sign(signing.page(), scene.office, scene.pki, make=make)


def two_in_one(scene: Scene) -> bytes:
    """The CMS object has a second signer, of another world, beside the office."""

    def make(digest: bytes) -> bytes:
        pair = [scene.office, scene.pki.double().organisation()]
        signers = [signer_info(who, _attributes(digest, who)) for who in pair]
        return signed_data("data", None, pair, signers)

    return signing.sign(signing.page(), scene.office, scene.pki, make=make)


def _attributes(digest: bytes, who: Holder, named: Holder | None = None) -> cms.CMSAttributes:
    return cms.CMSAttributes([
        {"type": "content_type", "values": ["data"]}, {"type": "message_digest", "values": [digest]},
        *signing.ess(named or who, "v2"),
    ])  # fmt: skip


def attributes_are(*kinds: str) -> Build:
    """The signed attributes are these: `type`, `digest`, `ess`; some may be missing or come twice."""

    def build(scene: Scene) -> bytes:
        def make(digest: bytes) -> bytes:
            known = {
                "type": {"type": "content_type", "values": ["data"]}, "digest": {"type": "message_digest", "values": [digest]},
                "other-type": {"type": "content_type", "values": ["tst_info"]},
                "digests": {"type": "message_digest", "values": [bytes(32), digest]}, "ess": signing.ess(scene.office, "v2")[0],
            }  # fmt: skip
            signer = signer_info(scene.office, cms.CMSAttributes([known[kind] for kind in kinds]))
            return signed_data("data", None, [scene.office], [signer])

        return signing.sign(signing.page(), scene.office, scene.pki, make=make)

    return build


def without_certificate(scene: Scene) -> bytes:
    """The CMS object embeds no certificate, or another's."""

    def make(digest: bytes) -> bytes:
        return signed_data("data", None, [scene.person], [signer_info(scene.office, _attributes(digest, scene.office))])

    return signing.sign(signing.page(), scene.office, scene.pki, make=make)


def token_for_signature(scene: Scene) -> bytes:
    """A time-stamp token stands where the signature should: anybody gets one."""
    return signing.sign(signing.page(), scene.office, scene.pki, make=lambda digest: signing.token(scene.pki, digest))


# algorithms


def weak(way: Way) -> Build:
    """Signed today with what is too weak today."""
    return lambda scene: scene.signed(way=way)


def weak_below(scene: Scene) -> bytes:
    """The document by SHA-1, the attributes by SHA-256."""

    def make(digest: bytes) -> bytes:
        signer = signer_info(scene.office, _attributes(digest, scene.office), hashed="sha1")
        return signed_data("data", None, [scene.office], [signer], "sha1")

    return signing.sign(signing.page(), scene.office, scene.pki, SHA1, make=make)


def short_key(scene: Scene) -> bytes:
    """RSA of 1,024 bits."""
    mark = (x509.BasicConstraints(ca=False, path_length=None), True)
    key = rsa.generate_private_key(65537, 1024)
    who = scene.pki.issue(name(AGENCY, o=PEOPLE), scene.pki.issuing, [mark], scene.life(-DAY, 365 * DAY), key)
    return signing.sign(signing.page(), who, scene.pki)
