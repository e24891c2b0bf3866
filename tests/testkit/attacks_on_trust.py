"""Attacks and accidents around a file that is intact: who signed, whether that was revoked, when it was, how strong it is.

Promises: as `false_signers` and `false_proofs`. pyHanko's opinion is not noted: without revocation it passes most of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.testkit import false_proofs as proofs
from tests.testkit import false_signers as signers
from tests.testkit.attacks_on_bytes import ALTERED
from tests.testkit.false_signers import DAY
from tests.testkit.rows import EITHER, INVALID, UNKNOWN, Row, words
from tests.testkit.signing import SHA1, UNSTAMPED, Way

_CHAIN = words("chain-unknown chain-broken wrong-key-usage altered")
_DATES = words("expired-at-signing not-yet-valid no-proof-of-time time-false")
_REVOKED = words("revoked revoked-time-unknown")
_NOT_KNOWN = words("revocation-unknown")
_TIME = words("time-false no-proof-of-time stamp-untrusted stamp-weak revocation-unknown expired-at-signing chain-unknown")
_CMS = _CHAIN | words("unreadable signature-destroyed")
_WEAK = words("algorithm-weak algorithm-broken stamp-weak")
TRUST: Mapping[str, Row] = {
    "look-alike": Row(signers.look_alike, EITHER, "a CA of the same names", _CHAIN),
    "look-alike-chain": Row(lambda scene: signers.look_alike(scene, Way(whole_chain=True)), EITHER, "and its chain embedded", _CHAIN),
    "look-alike-stamped": Row(signers.look_alike_stamped_well, EITHER, "and a true time-stamp", _CHAIN),
    "self-signed": Row(signers.self_signed, EITHER, "vouches for itself", _CHAIN),
    "issued-by-leaf": Row(signers.issued_by_a_leaf, EITHER, "vouched for by no CA", _CHAIN),
    "by-time-stamper": Row(signers.by_time_stamper, EITHER, "a key for time alone", _CHAIN),
    "certificate-altered": Row(signers.altered_certificate, EITHER, "another tax code in the certificate", _CHAIN),
    "certificate-other": Row(signers.other_certificate_named, EITHER, "the attribute names another certificate", _CHAIN),
    "expired": Row(signers.living(-400 * DAY, -10 * DAY), INVALID, "expired when signed, by the token", _DATES),
    "expired-unstamped": Row(signers.living(-400 * DAY, -10 * DAY, UNSTAMPED), EITHER, "expired; no token", _DATES),
    "expired-since-unstamped": Row(proofs.expired_since(way=UNSTAMPED), UNKNOWN, "expired since; only the signer's clock", _DATES),
    "not-yet-valid": Row(signers.living(10 * DAY, 400 * DAY), EITHER, "not yet valid", _DATES),
    "revoked-before": Row(proofs.revoked(), INVALID, "revoked before it was signed", _REVOKED),
    "revoked-unstamped": Row(proofs.revoked(way=UNSTAMPED), EITHER, "revoked, no token", _REVOKED),
    "revoked-after-unstamped": Row(proofs.revoked(signed=-2 * DAY, way=UNSTAMPED), EITHER, "revoked after the claimed time", _REVOKED),
    "revoked-ca": Row(proofs.revoked("issuing"), EITHER, "the issuing CA was revoked", _REVOKED | _CHAIN),
    "revoked-tsa": Row(proofs.revoked("tsa"), EITHER, "the time-stamping authority was revoked", _REVOKED | _TIME),
    "revoked-hushed-unknown": Row(proofs.revoked_and_hushed("unknown"), EITHER, "revoked; OCSP says unknown", _NOT_KNOWN | _REVOKED),
    "revoked-hushed-stranger": Row(proofs.revoked_and_hushed("stranger"), EITHER, "revoked; a stranger says good", _NOT_KNOWN),
    "revoked-hushed-other": Row(proofs.revoked_and_hushed("other"), EITHER, "revoked; the answer is of another", _NOT_KNOWN),
    "revoked-hushed-leaf": Row(proofs.revoked_and_hushed("leaf"), EITHER, "revoked; another certificate of the CA says good", _NOT_KNOWN),
    "revoked-scoped": Row(proofs.revoked_by_scope, EITHER, "revoked; a list of CAs only says nothing", _NOT_KNOWN),
    "revoked-hushed-old": Row(proofs.revoked_and_hushed("old"), EITHER, "revoked; the answer is old", _NOT_KNOWN),
    "revoked-poisoned": Row(proofs.poisoned_while_revoked, INVALID, "revoked; a stranger's list in the file says no", _REVOKED),
    **{f"crl-{lie}": Row(proofs.services(ocsp="silent", crl=lie), UNKNOWN, f"no OCSP; the list: {lie}", _NOT_KNOWN)
       for lie in ("silent", "garbage", "old", "future", "stranger", "issuer", "delta", "scope", "broken")},
    **{f"ocsp-{lie}": Row(proofs.services(crl="silent", ocsp=lie), EITHER if lie == "revoked" else UNKNOWN, f"no list; OCSP: {lie}",
                          _NOT_KNOWN | _REVOKED)
       for lie in ("garbage", "unknown", "revoked", "old", "future", "nonce", "stranger", "other", "leaf", "broken", "later")},
    "root-crl-silent": Row(proofs.services(root_crl="silent"), UNKNOWN, "nothing of the issuing CA", _NOT_KNOWN),
    "root-crl-stranger": Row(proofs.services(root_crl="stranger"), UNKNOWN, "a stranger's list of the issuing CA", _NOT_KNOWN),
    "tsa-crl-silent": Row(proofs.services(tsa_crl="silent"), UNKNOWN, "nothing of the time-stamping authority", _NOT_KNOWN | _TIME),
    "poisoned-stranger": Row(proofs.poisoned("stranger"), UNKNOWN, "a stranger's list in the file, services silent", _NOT_KNOWN),
    "poisoned-issuer": Row(proofs.poisoned("issuer"), UNKNOWN, "another authority's list in the file", _NOT_KNOWN),
    "poisoned-old": Row(proofs.poisoned("old", "broken"), UNKNOWN, "old and broken lists in the file", _NOT_KNOWN),
    "stamp-of-another": Row(proofs.stamp_of_another, EITHER, "a token of another signature", _TIME),
    "stamp-by-office": Row(proofs.stamp_by_office, EITHER, "the signer stamps itself", _TIME),
    "backdated": Row(proofs.backdated, EITHER, "expired; a stranger's token says before", _TIME),
    **{f"stamp-{lie}": Row(proofs.stamped(lie), EITHER, f"the token: {lie}", _TIME | _WEAK)
       for lie in ("digest", "early", "late", "stranger", "bare", "broken", "weak")},
    **{f"last-stamp-{lie}": Row(proofs.last_stamp(lie), EITHER, f"the document time-stamp: {lie}", _TIME | _WEAK | ALTERED)
       for lie in ("digest", "late", "stranger", "broken", "weak")},
    "on-hold": Row(proofs.revoked(reason=proofs.HOLD), EITHER, "on hold when it was signed", _REVOKED),
    "only-a-stamp": Row(proofs.only_a_stamp, EITHER | {"unsigned"}, "a document time-stamp and no signature"),
    "two-in-one": Row(signers.two_in_one, EITHER, "a stranger signs in the same CMS object", _CHAIN | words("unreadable")),
    "digest-missing": Row(signers.attributes_are("type", "ess"), EITHER, "no message digest: nothing binds the file", _CMS),
    "digest-twice": Row(signers.attributes_are("type", "digest", "digest", "ess"), EITHER, "two attributes of it", _CMS),
    "digest-of-two": Row(signers.attributes_are("type", "digests", "ess"), EITHER, "one attribute with two values", _CMS),
    "type-other": Row(signers.attributes_are("other-type", "digest", "ess"), EITHER, "content type of a token", _CMS),
    "type-missing": Row(signers.attributes_are("digest", "ess"), EITHER, "no content type", _CMS),
    "certificate-missing": Row(signers.without_certificate, EITHER, "another's certificate is embedded", _CMS),
    "token-for-signature": Row(signers.token_for_signature, EITHER, "a time-stamp token for a signature", _CMS | _TIME),
    "sha1": Row(signers.weak(SHA1), EITHER, "SHA-1, signed today", _WEAK),
    "sha1-below": Row(signers.weak_below, EITHER, "SHA-1 of the document, SHA-256 of the attributes", _WEAK),
    "rsa-1024": Row(signers.short_key, EITHER, "RSA of 1,024 bits", _WEAK),
    "of-2019-bare": Row(proofs.of_2019(archived=False), UNKNOWN, "B-T of 2019, nothing of its dead CA", _NOT_KNOWN | _DATES),
}  # fmt: skip
