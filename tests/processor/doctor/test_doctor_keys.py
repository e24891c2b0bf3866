"""What the doctor says of keys: several, at a prompt, elsewhere, one following another; and of the trust list."""

import datetime as dt
import shutil
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from processor import doctor, trust
from processor.doctor import Check, Parts, anchors, keys
from processor.errors import ExitCode, SettingsError
from processor.seal import keyring
from processor.seal.ring import Ring, Row
from processor.trust import Anchor
from tests.processor.doctor import broken
from tests.processor.doctor.broken import another_key, certificate_of, faulty, now, office, sealer_of, tables

CERTIFICATE = keys.OF_A_CERTIFICATE


def told(parts: Parts) -> dict[str, Check]:
    return {each.name: each for each in doctor.examine(parts)}


def test_without_a_key_what_rests_on_it_cannot_be_told(parts: Parts) -> None:
    found = faulty(keys.checks(broken.lost_passphrase(parts)))
    assert "wrong passphrase" in found["key"].detail
    assert {found[name].ok for name in CERTIFICATE} == {None}
    assert {found[name].act for name in CERTIFICATE} == {""}, "no advice on what nobody could look at"


def test_where_nothing_is_set_a_key_is_missing(parts: Parts) -> None:
    found = faulty(keys.checks(tables(parts, seal={"key": ""})))
    assert found.keys() == {"key", *CERTIFICATE} and found["key"].ok is False and "[keys.NAME]" in found["key"].detail


def test_an_attended_station_has_its_key_looked_at_too(parts: Parts) -> None:
    operators = {"lan": {"name": "", "decision": "QĐ 12", "account": "lan", "valid_from": "", "valid_to": ""}}
    attended = tables(parts, seal={"unattended": False}, operators=operators)
    assert faulty(doctor.examine(attended)) == {}
    assert told(attended)["sealing"].detail.startswith("attended: 1 ")


def test_a_passphrase_that_a_person_gives_is_not_missing(parts: Parts) -> None:
    done = doctor.examine(tables(parts, seal={"passphrase_file": ""}))
    found = faulty(done)
    assert {each.ok for each in found.values()} == {None} and {each.act for each in found.values()} == {""}
    assert {"key", *CERTIFICATE} <= found.keys() and "asked for" in found["key"].detail
    assert doctor.exit_code(done) == ExitCode.WAITING


def test_the_certificate_of_such_a_key_is_looked_at_where_it_lies_in_a_file(parts: Parts) -> None:
    (parts.folder / "moi.pem").write_bytes(sealer_of(parts).certificate.public_bytes(Encoding.PEM))
    done = told(another_key(parts, secret="", certificate="moi.pem", chain=("authority/issuing.pem",)))
    assert done["key-moi"].ok is None
    assert {done[f"{name}-moi"].ok for name in CERTIFICATE} == {True}
    shutil.copy(parts.folder / "authority" / "seal.p12", parts.folder / "moi.pem")
    assert told(another_key(parts, secret="", certificate="moi.pem"))["key-moi"].ok is False


def test_a_lost_key_file_is_missing_whoever_knows_its_passphrase(parts: Parts) -> None:
    found = faulty(keys.checks(another_key(parts, secret="", file="none.p12")))
    assert found["key-moi"].ok is False and "none.p12" in found["key-moi"].detail


def test_a_key_elsewhere_is_told_and_its_certificate_looked_at(parts: Parts) -> None:
    (parts.folder / "moi.pem").write_bytes(sealer_of(parts).certificate.public_bytes(Encoding.PEM))
    away: dict[str, Any] = {"kind": "remote", "file": "", "secret": "", "certificate": "moi.pem", "chain": ("authority/issuing.pem",)}
    only = tables(another_key(parts, **away), seal={"key": ""})
    done = told(only)
    assert faulty(done.values()) == {}
    assert "sohoa-signer" in done["key-moi"].detail and "carried" in done["remote"].detail
    assert done["key-agency-sao-y"].ok and done["certificate-life-moi"].ok
    lost = told(another_key(parts, **away | {"certificate": ""}))
    assert lost["key-moi"].ok is False and lost["certificate-life-moi"].ok is None


def test_a_key_whose_days_are_over_is_no_concern(parts: Parts) -> None:
    ended = now().date() - dt.timedelta(days=2)
    done = told(another_key(parts, valid_to=ended, secret="none"))
    assert done["key-moi"].ok and ended.isoformat() in done["key-moi"].detail
    assert "certificate-life-moi" not in done


def with_another(parts: Parts, own: Parts, other: Parts, name: str = "moi", first: dt.date | None = None, agency: str = "") -> Parts:
    """The key of [seal] as in `own`, and beside it the one of `other`."""
    old, new = sealer_of(own), sealer_of(other)
    rows = Ring([Row(keyring.OWN, lambda: old), Row(name, lambda: new, agency, first)])
    return replace(another_key(parts), ring=rows)


def test_a_certificate_that_ends_is_fine_where_another_follows(parts: Parts) -> None:
    ending, following = certificate_of(parts, 10), certificate_of(parts, 900, begun=1)
    done = told(with_another(parts, ending, following))
    assert done["certificate-life"].ok and "followed by moi" in done["certificate-life"].detail
    ended = told(with_another(parts, certificate_of(parts, -3), following))
    assert ended["certificate-life"].ok and "followed by moi" in ended["certificate-life"].detail
    others = told(with_another(parts, ending, following, agency="Sở Khác"))
    assert others["certificate-life"].ok is False, "another agency's key follows nobody"
    shorter = told(with_another(parts, ending, certificate_of(parts, 9)))
    assert shorter["certificate-life"].ok is False and shorter["certificate-life-moi"].ok


def test_a_certificate_that_has_not_begun_is_fine_while_another_is_used(parts: Parts) -> None:
    first = now().date() + dt.timedelta(days=20)
    coming = certificate_of(parts, 900, begun=-10)
    assert told(with_another(parts, parts, coming))["certificate-life-moi"].ok
    assert told(with_another(parts, parts, coming, first=first))["certificate-life-moi"].ok
    alone = told(broken.sealing_with(parts, sealer_of(coming)))
    assert alone["certificate-life"].ok is False


def test_files_of_all_keys_are_their_owners_alone(parts: Parts) -> None:
    both = another_key(parts)
    for name in ("moi-passphrase", "authority/seal.p12"):
        (parts.folder / name).chmod(0o644)
        (found,) = [each for each in keys.sealing(both) if each.name == "key-files"]
        assert found.ok is False and name in found.detail
        (parts.folder / name).chmod(0o600)
    (parts.folder / "moi-passphrase").unlink()
    (found,) = [each for each in keys.sealing(both) if each.name == "key-files"]
    assert found.ok is None


def test_no_other_key_may_be_called_as_the_one_of_seal(parts: Parts) -> None:
    given = another_key(parts).settings.keys["moi"].model_dump()
    with pytest.raises(SettingsError, match="another name"):
        tables(parts, keys={"seal": given})


def test_a_demo_key_among_several_is_found_on_a_real_station(parts: Parts) -> None:
    assert told(office(another_key(parts), seal={"key": ""}))["no-demo"].ok is False


# The trust list


def authority(parts: Parts, days: float, issuer: str = "root", serial: int = 5) -> x509.Certificate:
    """The demo's issuing authority, issued anew."""
    (old,) = trust.read_file(parts.folder / "authority" / "issuing.pem")
    (above,) = trust.read_file(parts.folder / "authority" / f"{issuer}.pem")
    begins, ends = now() - dt.timedelta(days=400), now() + dt.timedelta(days=days)
    builder = x509.CertificateBuilder(above.subject, old.subject, old.public_key(), serial, begins, ends, list(old.extensions))
    return builder.sign(broken.key_of(parts, issuer), hashes.SHA256())


def test_an_anchor_that_ended_is_told_and_no_fault(parts: Parts) -> None:
    found = told(broken.anchored(parts, authority(parts, -5)))["intermediates"]
    assert found.ok and "NOT IN DATE" in found.detail


def test_where_every_root_has_ended_there_is_none(parts: Parts) -> None:
    late = replace(parts, clock=lambda: now() + dt.timedelta(days=9000))
    assert next(anchors.checks(late)).ok is False


def test_what_leads_to_no_root_is_told(parts: Parts) -> None:
    other = authority(parts, 100, issuer="issuing")  # signed by itself, as it were: its issuer is no root
    orphan = replace(broken.without(trust.ROOTS)(parts), anchors=(Anchor(trust.INTERMEDIATES, other, "x", ""),))
    found = list(anchors.checks(orphan))
    assert found[1].name == "intermediates" and found[1].ok is False and "lead to no root" in found[1].detail


def test_known_authorities_are_called_by_their_names(parts: Parts) -> None:
    assert "known as CA gốc" in told(broken.anchored(parts, authority(parts, 90), known="CA gốc"))["intermediates"].detail


def test_a_trust_list_that_cannot_be_read_is_told_with_the_reason(parts: Parts) -> None:
    lost = replace(parts, anchors=(), anchors_missing="trust/x.pem: cannot be read")
    done = {each.name: each for each in anchors.checks(lost)}
    assert done["roots"].ok is False and "x.pem" in done["roots"].detail and done["intermediates"].ok is None


def test_a_station_that_verifies_nothing_needs_no_intermediates(parts: Parts) -> None:
    copies = broken.only(broken.without(trust.INTERMEDIATES)(parts), "sao-y")
    done = {each.name: each for each in anchors.checks(copies)}
    assert done["intermediates"].ok and "revocation-hosts" not in done


@pytest.mark.parametrize(("ends", "ok"), [((-9,), False), ((-9, 9), True), ((9,), True)])
def test_the_newest_list_of_an_issuer_counts(parts: Parts, ends: tuple[int, ...], ok: bool) -> None:
    for number, hours in enumerate(ends):
        (parts.folder / f"{number}.crl").write_bytes(broken.listing(parts, dt.timedelta(hours=hours)))
    done = told(tables(parts, trust={"lists": tuple(f"{number}.crl" for number in range(len(ends)))}))
    assert done["revocation-lists"].ok is ok


def test_a_list_that_is_none_is_told(parts: Parts) -> None:
    (parts.folder / "a.crl").write_bytes(b"<html>")
    assert "not a revocation list" in told(tables(parts, trust={"lists": ("a.crl",)}))["revocation-lists"].detail


def test_lists_in_files_stand_for_hosts(parts: Parts) -> None:
    (parts.folder / "a.crl").write_bytes(broken.listing(parts))
    offline = office(parts, trust={"revocation_hosts": (), "lists": ("a.crl",)})
    done = told(replace(offline, outside=broken.Liar(parts, b"")))
    assert done["revocation-hosts"].ok and done["revocation"].ok and done["not-revoked"].ok
