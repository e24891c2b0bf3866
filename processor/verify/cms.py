"""Inside one signature: do bytes and CMS agree, who signed, which tokens it carries.

Promises: integrity is said without any trust; a token is measured against this very signature. What a parser throws is a
reason, not an error.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from asn1crypto import cms, core, tsp
from pyhanko.sign.general import extract_signer_info
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation, extract_tst_data_iter, validate_sig_integrity

from processor.verify.certificates import Certificate, key_of, load
from processor.verify.facts import Algorithm
from processor.verify.revocation import Datum
from processor.verify.structure import READING

CMS_READING = (*READING, SignatureValidationError)


@dataclass(frozen=True, slots=True)
class Read:
    """A SignedData read: whose, sound or not (None: cannot tell), by which algorithms, at which moment (tokens)."""

    signer: Certificate | None
    sound: bool | None
    algorithms: tuple[Algorithm, ...]
    others: tuple[bytes, ...] = ()
    detail: str = ""
    at: dt.datetime | None = None
    imprint: tuple[str, bytes] = ("", b"")


def digest(name: str, chunks: Iterable[bytes]) -> bytes:
    """Of these bytes. ValueError: a digest nobody knows."""
    mark = hashlib.new(name.replace("_", "-") if name.startswith("sha3") else name)
    for chunk in chunks:
        mark.update(chunk)
    return mark.digest()


def _certificates(data: cms.SignedData) -> tuple[bytes, ...]:
    if not isinstance(data["certificates"], cms.CertificateSet):
        return ()
    return tuple(one.chosen.dump() for one in data["certificates"] if one.name == "certificate")


def _algorithms(info: cms.SignerInfo, signer: Certificate, use: str) -> tuple[Algorithm, ...]:
    kind, bits = key_of(signer)
    content = str(info["digest_algorithm"]["algorithm"].native).lower()
    signed = info["signature_algorithm"]
    try:
        under = signed.hash_algo
    except ValueError:
        under = content
    return tuple(dict.fromkeys(Algorithm(use, name, kind, bits) for name in (content, under)))


def read(
    data: cms.SignedData, content_type: str, content: bytes | None, chunks: Iterable[bytes] = (), use: str = "signature"
) -> Read:
    """Read a SignedData.

    Args:
        data: what to read.
        content_type: `data` or `tst_info`.
        content: what it signs, or None where `chunks` (the covered bytes) are it.
        chunks: see `content`.
        use: for the report of algorithms.
    """
    others = _certificates(data)
    try:
        signer = load(extract_certs_for_validation(data).signer_cert.dump())
    except SignatureValidationError as error:
        wrong = "signing" in str(error) and "not included" not in str(error)
        return Read(None, False if wrong else None, (), others, str(error)[:200])
    info = extract_signer_info(data)
    used = _algorithms(info, signer, use)
    measured = digest(str(info["digest_algorithm"]["algorithm"].native), chunks if content is None else [content])
    try:
        intact, valid = validate_sig_integrity(info, signer.asn1, content_type, measured)
    except SignatureValidationError as error:
        return Read(signer, False, used, others, str(error)[:200])
    return Read(signer, bool(intact and valid), used, others, "" if intact and valid else f"intact={intact} valid={valid}")


def token(data: cms.SignedData) -> Read:
    """Read a time-stamp token: sound over its own content; whether it is of these bytes is asked by `imprint`."""
    inner = data["encap_content_info"]["content"]
    if not isinstance(inner, core.ParsableOctetString) or not isinstance(inner.parsed, tsp.TSTInfo):
        raise ValueError("no time-stamp information")
    info = inner.parsed
    found = read(data, "tst_info", bytes(inner), use="stamp")
    stamped = str(info["message_imprint"]["hash_algorithm"]["algorithm"].native)
    kind, bits = key_of(found.signer) if found.signer else ("", 0)
    used = (*found.algorithms, *([Algorithm("imprint", stamped, kind, bits)] if found.signer else []))
    return Read(
        found.signer, found.sound, tuple(dict.fromkeys(used)), found.others, found.detail,
        info["gen_time"].native, (stamped, info["message_imprint"]["hashed_message"].native),
    )  # fmt: skip


def tokens(info: cms.SignerInfo) -> Iterator[cms.SignedData]:
    """The time-stamp tokens over a signature's value."""
    if isinstance(info["unsigned_attrs"], cms.CMSAttributes):
        yield from extract_tst_data_iter(info, signed=False)


def revocation_data(info: cms.SignerInfo) -> list[Datum]:
    """What a signer embedded by Adobe's attribute (ISO 32000-1, 12.8.3.3.2)."""
    found: list[Datum] = []
    attributes = info["signed_attrs"]
    for attribute in attributes if isinstance(attributes, cms.CMSAttributes) else ():
        if attribute["type"].native != "adobe_revocation_info_archival":
            continue
        for value in attribute["values"]:
            for kind in ("crl", "ocsp"):
                found += [Datum(kind, item.dump(), "embedded") for item in value[kind] or ()]
    return found


def sha1_wrapped(signature: EmbeddedPdfSignature, chunks: Iterable[bytes]) -> Read:
    """The old `adbe.pkcs7.sha1`: CMS signs the SHA-1 of the bytes as its own content (ISO 32000-1, 12.8.3.3.1)."""
    inner = bytes(signature.signed_data["encap_content_info"]["content"])
    found = read(signature.signed_data, "data", inner)
    under = tuple(Algorithm("content", "sha1", one.key, one.bits) for one in found.algorithms[:1])
    used = tuple(dict.fromkeys((*found.algorithms, *under)))
    same = digest("sha1", chunks) == inner
    return Read(found.signer, found.sound and same, used, found.others, found.detail or ("" if same else "other bytes"))


