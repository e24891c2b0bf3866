"""Which key seals: the agency's own, on its days, the newest; and nothing in its place."""

import datetime as dt
import threading
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from hypothesis import given
from hypothesis import strategies as st

from processor.errors import MissingError, Verdict
from processor.law import VIETNAM
from processor.seal import keyring
from processor.seal.keys import Sealer
from processor.seal.pkcs12 import FileKey
from processor.seal.ring import Ring, Row, same
from processor.seal.secret import Secret
from processor.settings import Settings, parse

DAY = dt.timedelta(days=1)
LAST = dt.date(2026, 6, 30)  # of the old key; the new one begins on the day after
NOON = dt.datetime(2026, 6, 30, 12, tzinfo=VIETNAM)
AGENCY, OTHER = "Ủy ban nhân dân xã Minh Họa", "Ủy ban nhân dân xã Khác"
KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(cn: str = AGENCY, first: dt.datetime = NOON - 365 * DAY, last: dt.datetime = NOON + 365 * DAY) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, cn)])
    return (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(KEY.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(first.astimezone(dt.UTC))
        .not_valid_after(last.astimezone(dt.UTC)).sign(KEY, hashes.SHA256())
    )  # fmt: skip


def opens(cn: str = AGENCY, **life: dt.datetime) -> Callable[[], Sealer]:
    made = Sealer(FileKey(KEY), certificate(cn, **life), ())
    return lambda: made


def fails(error: Exception) -> Callable[[], Sealer]:
    def open_() -> Sealer:
        raise error

    return open_


def refused(ring: Ring, agency: str = AGENCY, now: dt.datetime = NOON) -> Verdict:
    with pytest.raises(Verdict) as caught:
        ring.sealer(agency, now)
    return caught.value


# --- roll-over


OLD, NEW = opens(), opens()
ROLLING = Ring([Row("old", OLD, last=LAST), Row("new", NEW, first=LAST + DAY)])


@pytest.mark.parametrize(
    ("day", "time", "which"),
    [(0, "00:00:00", OLD), (0, "23:59:59", OLD), (0, "23:59:59.999999", OLD), (1, "00:00:00", NEW), (1, "00:00:01", NEW)],
)
@pytest.mark.parametrize("clock", [dt.UTC, VIETNAM, dt.timezone(-dt.timedelta(hours=8))], ids=["UTC", "VN", "US"])
def test_the_old_key_seals_to_its_last_second_and_the_new_one_from_its_first(
    day: int, time: str, which: Callable[[], Sealer], clock: dt.tzinfo
) -> None:
    """The day is Việt Nam's, whatever the server's clock says."""
    at = dt.datetime.combine(LAST + day * DAY, dt.time.fromisoformat(time), VIETNAM)
    assert ROLLING.sealer(AGENCY, at.astimezone(clock)) is which()


def test_where_both_may_the_one_that_began_last_seals() -> None:
    first = Row("old", OLD, first=LAST - 9 * DAY)
    second = Row("new", NEW, first=LAST)
    for rows in ([first, second], [second, first]):
        assert Ring(rows).sealer(AGENCY, NOON) is NEW()
        assert Ring(rows).sealer(AGENCY, NOON - DAY) is OLD()


def test_without_days_the_newest_certificate_seals() -> None:
    newer = opens(first=NOON - DAY)
    for rows in ([Row("a", OLD), Row("b", newer)], [Row("b", newer), Row("a", OLD)]):
        assert Ring(rows).sealer(AGENCY, NOON) is newer()


def test_a_certificate_seals_in_its_own_life_only() -> None:
    before, after = opens(last=NOON - dt.timedelta(seconds=1)), opens(first=NOON)
    ring = Ring([Row("before", before), Row("after", after)])
    assert ring.sealer(AGENCY, NOON - dt.timedelta(seconds=1)) is before()
    assert ring.sealer(AGENCY, NOON) is after()
    assert refused(Ring([Row("before", before)])).code == "waiting-key"


def test_on_a_day_of_no_key_documents_wait() -> None:
    ring = Ring([Row("old", OLD, last=LAST - DAY), Row("new", NEW, first=LAST + DAY)])
    assert "day" in refused(ring).detail and refused(ring).code == "waiting-key"
    assert refused(Ring([])).code == "waiting-key"


moments = st.datetimes(dt.datetime(2026, 6, 1), dt.datetime(2026, 7, 31)).map(lambda at: at.replace(tzinfo=VIETNAM))


@given(moments, st.lists(st.tuples(st.integers(-40, 40), st.integers(0, 40)), min_size=1, max_size=5))
def test_whatever_the_days_the_key_that_seals_is_used_on_that_day_and_none_began_later(
    now: dt.datetime, spans: list[tuple[int, int]]
) -> None:
    rows = [Row(str(n), opens(), "", LAST + first * DAY, LAST + (first + length) * DAY) for n, (first, length) in enumerate(spans)]
    used = [row for row in rows if row.first and row.last and row.first <= now.date() <= row.last]
    try:
        found = Ring(rows).sealer(AGENCY, now)
    except Verdict as verdict:
        assert verdict.code == "waiting-key" and not used
        return
    assert found is next(row.open() for row in used if row.first == max(each.first for each in used if each.first))


# --- the agency


@pytest.mark.parametrize(
    "printed", [AGENCY, AGENCY.upper(), f"  {AGENCY.replace(' ', '   ')}\n", unicodedata.normalize("NFD", AGENCY), AGENCY.replace(" ", "\u00a0")]
)  # fmt: skip
def test_letter_case_spaces_and_composition_make_no_other_agency(printed: str) -> None:
    assert Ring([Row("a", OLD)]).sealer(printed, NOON) is OLD()


@pytest.mark.parametrize("printed", [OTHER, "", "Uy ban nhan dan xa Minh Hoa", "UBND xã Minh Họa", AGENCY + " 2", AGENCY[:-1]])
def test_no_block_bears_another_agencys_name(printed: str) -> None:
    assert refused(Ring([Row("a", OLD)]), printed).code == "key-of-other-agency"


def test_where_the_subject_is_abbreviated_the_settings_say_whose_it_is() -> None:
    short = opens("UBND XA MINH HOA")
    ring = Ring([Row("a", short, AGENCY)])
    assert ring.sealer(AGENCY, NOON) is short()
    assert refused(ring, OTHER).code == "key-of-other-agency"


def test_each_agency_has_its_own_key() -> None:
    mine, theirs = opens(), opens(OTHER)
    ring = Ring([Row("a", mine), Row("b", theirs)])
    assert (ring.sealer(AGENCY, NOON), ring.sealer(OTHER, NOON)) == (mine(), theirs())


def test_after_a_merger_the_name_of_the_day_is_sealed() -> None:
    """law.md §7: since 01/7/2025 a new body, often with the old one's place."""
    ring = Ring([Row("old", opens(), last=LAST), Row("new", opens(OTHER), first=LAST + DAY)])
    assert ring.sealer(AGENCY, NOON) and ring.sealer(OTHER, NOON + DAY)
    assert refused(ring, OTHER, NOON).code == refused(ring, AGENCY, NOON + DAY).code == "key-of-other-agency"


names = st.text(st.characters(categories=("L", "Zs", "Nd")), min_size=1, max_size=12)


@given(names)
def test_a_name_is_itself_in_whatever_case_and_composition(name: str) -> None:
    for form in ("NFC", "NFD"):
        assert same(name, f" {unicodedata.normalize(form, name)} ")  # type: ignore[arg-type]  # a form


@given(names, names)
def test_it_goes_both_ways(one: str, other: str) -> None:
    assert same(one, other) == same(other, one)


# --- keys that cannot be had


def test_while_the_newest_keys_token_is_out_the_older_one_does_not_take_over() -> None:
    ring = Ring([Row("old", OLD, first=LAST - 9 * DAY), Row("new", fails(Verdict("pin-wrong", "x")), first=LAST)])
    assert (refused(ring).code, refused(ring).detail) == ("pin-wrong", "new: x")
    assert ring.sealer(AGENCY, NOON - DAY) is OLD()


def test_another_agencys_missing_key_is_nobodys_trouble_where_the_settings_say_whose_it_is() -> None:
    ring = Ring([Row("a", OLD), Row("b", fails(MissingError("gone")), OTHER, first=LAST)])
    assert ring.sealer(AGENCY, NOON) is OLD()
    assert refused(ring, OTHER).code == "waiting-key" and "gone" in refused(ring, OTHER).detail


def test_a_key_is_not_opened_on_a_day_it_is_not_used_on_or_for_another_agency() -> None:
    opened: list[str] = []
    rows = [Row("later", lambda: opened.append("later") or OLD(), first=LAST + DAY), Row("theirs", lambda: opened.append("theirs") or OLD(), OTHER)]
    assert Ring([*rows, Row("a", OLD)]).sealer(AGENCY, NOON) and opened == []
    assert [row.name for row, _ in Ring(rows).opened(NOON)] == ["theirs"]


# --- the settings


def settings(**tables: Any) -> Settings:
    return parse({"station": {"agency": AGENCY}, **tables})


def stored(folder: Path, name: str, cn: str, passphrase: bytes = b"one two") -> None:
    made = pkcs12.serialize_key_and_certificates(b"seal", KEY, certificate(cn), None, BestAvailableEncryption(passphrase))
    (folder / f"{name}.p12").write_bytes(made)
    (folder / f"{name}.secret").write_bytes(passphrase + b"\n")
    (folder / f"{name}.secret").chmod(0o600)


def test_the_key_of_the_seal_table_and_those_of_the_keys_are_one_ring(tmp_path: Path) -> None:
    stored(tmp_path, "own", AGENCY)
    stored(tmp_path, "next", AGENCY)
    stored(tmp_path, "theirs", "UBND X KHAC")
    tables: dict[str, Any] = {
        "seal": {"key": "own.p12", "passphrase_file": "own.secret"},
        "keys": {
            "next": {"file": "next.p12", "secret": "next.secret", "valid_from": LAST + DAY},
            "theirs": {"file": "theirs.p12", "secret": "theirs.secret", "agency": OTHER},
        },
    }
    with keyring.opened(settings(**tables), tmp_path) as ring:
        assert [row.name for row in ring.rows] == ["seal", "next", "theirs"]
        own, after = ring.sealer(AGENCY, NOON), ring.sealer(AGENCY, NOON + DAY)
        assert own.certificate != after.certificate
        assert ring.sealer(AGENCY, NOON) is own  # read once
        assert ring.sealer(OTHER, NOON).certificate != own.certificate
        assert {name: isinstance(found, Sealer) for (row, found) in ring.opened(NOON) for name in [row.name]} == {"seal": True, "theirs": True}


@pytest.mark.parametrize(
    ("row", "told"),
    [({"file": "nowhere.p12", "secret": "own.secret"}, "nowhere.p12"), ({"file": "own.p12", "secret": "nowhere"}, "nowhere"),
     ({"file": "own.p12"}, "attended session"), ({"file": "own.p12", "secret": "loose"}, "chmod 600"),
     ({"file": "own.p12", "secret": "wrong"}, "wrong passphrase"), ({"kind": "pkcs11"}, "module"),
     ({"kind": "pkcs11", "module": "/nowhere/lib.so"}, "not installed"), ({"kind": "pkcs11", "module": "own.secret"}, "cannot be loaded"),
     ({"kind": "remote", "certificate": "own.pem"}, "attended session"),
     ({"file": "own.p12", "secret": "own.secret", "certificate": "nowhere.pem"}, "nowhere.pem"),
     ({"file": "own.p12", "secret": "own.secret", "chain": ["nowhere.pem"]}, "nowhere.pem")],
)  # fmt: skip
def test_what_lacks_is_named_and_documents_wait(tmp_path: Path, row: dict[str, Any], told: str) -> None:
    stored(tmp_path, "own", AGENCY)
    for name, mode in (("loose", 0o644), ("wrong", 0o600)):
        (tmp_path / name).write_bytes(b"neither one")
        (tmp_path / name).chmod(mode)
    (tmp_path / "own.pem").write_bytes(certificate().public_bytes(Encoding.PEM))
    with keyring.opened(settings(keys={"one": row}), tmp_path) as ring:
        verdict = refused(ring)
    assert verdict.code == "waiting-key" and told in verdict.detail and "neither one" not in verdict.detail


def test_a_person_is_asked_once_a_key(tmp_path: Path) -> None:
    stored(tmp_path, "own", AGENCY, b"from a person")
    asked: list[str] = []

    def ask(name: str) -> Secret:
        asked.append(name)
        return Secret(b"from a person")

    with keyring.opened(settings(keys={"one": {"file": "own.p12"}}), tmp_path, ask) as ring:
        threads = [threading.Thread(target=ring.sealer, args=(AGENCY, NOON)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert ring.sealer(AGENCY, NOON) and asked == ["one"]


def test_a_key_that_is_elsewhere_signs_by_what_the_session_hands_in(tmp_path: Path) -> None:
    own = certificate()
    (tmp_path / "own.pem").write_bytes(own.public_bytes(Encoding.PEM))
    table = {"kind": "remote", "certificate": "own.pem"}
    with keyring.opened(settings(keys={"there": table}), tmp_path, remote=lambda name, about: FileKey(KEY)) as ring:
        sealer = ring.sealer(AGENCY, NOON)
    named = tsp.ESSCertIDv2({"cert_hash": own.fingerprint(hashes.SHA256())})
    asked = cms.CMSAttributes([
        {"type": "content_type", "values": ["data"]}, {"type": "message_digest", "values": [bytes(32)]},
        {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2({"certs": [named]})]},
    ]).dump()  # fmt: skip
    KEY.public_key().verify(sealer.sign(asked), asked, ec.ECDSA(hashes.SHA256()))
