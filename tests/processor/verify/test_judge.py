"""What holds for every judgement, whatever the facts: cannot tell is never valid, proved wrong is never overlooked."""

import datetime as dt

from hypothesis import assume, given
from hypothesis import strategies as st

from processor.verify import judge
from processor.verify.facts import Algorithm, Chain, Changes, Link, Signature, Stamp, Statement
from tests.processor.verify.conftest import law

NOW = dt.datetime(2026, 11, 24, 3, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
POLICY = law("algorithms.toml")
MOMENTS = st.integers(-3000, 30).map(lambda days: NOW + days * DAY)
STATEMENTS = st.builds(
    Statement, st.sampled_from(["crl", "ocsp"]), st.just("aa"), st.just("given"), st.sampled_from(["good", "revoked", "unknown"]),
    MOMENTS, st.none() | MOMENTS, st.none() | MOMENTS, st.sampled_from(["", "key_compromise", "superseded", "certificate_hold"]), st.booleans(),
)  # fmt: skip
LINKS = st.builds(lambda begin, days, said: Link("aa", begin, begin + days * DAY, tuple(said)), MOMENTS, st.integers(1, 6000),
                  st.lists(STATEMENTS, max_size=3))  # fmt: skip
USES = st.builds(Algorithm, st.just("signature"), st.sampled_from(["sha1", "sha256", "md5", "whirlpool"]), st.sampled_from(["rsa", "ec", "xx"]),
                 st.sampled_from([512, 1024, 2048, 256]))  # fmt: skip
CHAINS = st.builds(Chain, st.lists(LINKS, max_size=3).map(tuple), st.sampled_from(["", "", "", "chain-unknown", "chain-broken", "wrong-key-usage"]))
STAMPS = st.builds(Stamp, MOMENTS, st.booleans(), st.booleans(), CHAINS, st.lists(USES, max_size=2).map(tuple), st.none() | MOMENTS)
CHANGES = st.builds(Changes, st.sampled_from(["none", "validation-data", "form-filling", "unexplained"]),
                    st.lists(st.sampled_from(["forbidden-change", "shadow-suspected", "not-compared"]), max_size=2).map(tuple))  # fmt: skip
SIGNATURES = st.builds(
    Signature, st.sampled_from(["signature", "timestamp"]), st.none() | st.booleans(),
    st.lists(st.sampled_from(["byte-range-odd", "contents-padded", "unreadable"]), max_size=1).map(tuple), CHAINS,
    st.lists(USES, max_size=2).map(tuple), st.none() | MOMENTS, st.lists(STAMPS, max_size=2).map(tuple),
    st.lists(MOMENTS, max_size=1).map(tuple), CHANGES,
)  # fmt: skip
GOOD = Statement("crl", "aa", "given", "good", NOW - DAY, NOW + DAY)
STRONG = (Algorithm("signature", "sha256", "rsa", 2048),)


def link(*said: Statement, begin: dt.datetime = NOW - 400 * DAY, end: dt.datetime = NOW + 400 * DAY) -> Link:
    return Link("aa", begin, end, said)


ROOT = link(begin=NOW - 4000 * DAY, end=NOW + 4000 * DAY)


def signed(*links: Link, **more: object) -> Signature:
    return Signature("signature", True, chain=Chain((*links, ROOT)), algorithms=STRONG, **more)  # type: ignore[arg-type]


def stamp(at: dt.datetime) -> Stamp:
    return Stamp(at, True, True, Chain((link(GOOD, begin=NOW - 3000 * DAY), ROOT)), STRONG)


@given(SIGNATURES)
def test_valid_only_where_everything_holds(facts: Signature) -> None:
    found = judge.signature(facts, NOW, POLICY)
    assert found.verdict in {"valid", "invalid", "unknown"}
    if found.verdict == "valid":
        assert facts.intact and not facts.flaws and not facts.changes.flaws and facts.changes.label != "unexplained"
        assert (found.integrity, found.strength, found.trust) == ("intact", "strong", "trusted") and found.time != "false"
    if facts.intact is False or "forbidden-change" in facts.changes.flaws:
        assert found.verdict == "invalid"
    assert set(found.reasons) <= judge.PROVES_WRONG | judge.CANNOT_TELL | judge.TOLD


@given(st.lists(SIGNATURES, max_size=3), st.lists(st.sampled_from(sorted(judge.CANNOT_TELL | judge.PROVES_WRONG)), max_size=1))
def test_the_document_is_as_good_as_its_worst_signature(many: list[Signature], flaws: list[str]) -> None:
    found = [judge.signature(facts, NOW, POLICY) for facts in many]
    verdict = judge.document(found, flaws)
    worst = {one.verdict for one in found} | {judge.verdict_of(flaws)}
    assert verdict == ("invalid" if "invalid" in worst else "unknown" if "unknown" in worst else "valid" if many else "unsigned")


@given(LINKS, MOMENTS)
def test_what_is_known_to_be_revoked_is_never_good(one: Link, at: dt.datetime) -> None:
    assume(at <= NOW)
    since = judge.revoked_since(one)
    if since is not None and since <= at and all(said.this_update <= NOW for said in one.statements):
        assert judge.revocation(one, at, NOW, POLICY) == "revoked"


def test_revocation_before_and_after_the_proved_time() -> None:
    gone = Statement("crl", "aa", "given", "revoked", NOW - DAY, NOW + DAY, NOW - 10 * DAY, "key_compromise")
    assert judge.signature(signed(link(gone), stamps=(stamp(NOW - 5 * DAY),)), NOW, POLICY).reasons == ("revoked",)
    assert judge.signature(signed(link(gone), stamps=(stamp(NOW - 20 * DAY),)), NOW, POLICY).verdict == "valid"
    assert judge.signature(signed(link(gone)), NOW, POLICY).reasons == ("revoked-time-unknown",)


def test_expired_certificates() -> None:
    old = link(Statement("crl", "aa", "embedded", "good", NOW - 31 * DAY, NOW - 25 * DAY), end=NOW - 20 * DAY)
    assert judge.signature(signed(old), NOW, POLICY).reasons == ("no-proof-of-time",)
    assert judge.signature(signed(old, stamps=(stamp(NOW - 30 * DAY),)), NOW, POLICY).verdict == "valid"
    assert judge.signature(signed(old, stamps=(stamp(NOW - 10 * DAY),)), NOW, POLICY).verdict == "invalid"
    late = link(GOOD, end=NOW - 20 * DAY)  # a list made after it expired no longer names it (RFC 5280, 3.3)
    assert judge.signature(signed(late, stamps=(stamp(NOW - 30 * DAY),)), NOW, POLICY).reasons == ("revocation-unknown",)


def test_sha1_is_weak_today_and_was_not_before() -> None:
    sha1 = (Algorithm("signature", "sha1", "rsa", 2048),)
    assert judge.strength(sha1, dt.date(2013, 1, 1), POLICY) == "strong"
    assert judge.strength(sha1, dt.date(2025, 1, 1), POLICY) == "weak"
    mild = {**POLICY, "digest": [{"name": "sha1", "weak_from": dt.date(2027, 1, 1)}]}  # a station's own rule
    assert judge.strength(sha1, NOW.date(), mild) == "strong"
    assert judge.strength([Algorithm("signature", "md5", "rsa", 2048)], NOW.date(), POLICY) == "broken"


def test_clocks_are_told_and_never_corrected() -> None:
    token = stamp(NOW - 5 * DAY)
    told = {hours: judge.signature(signed(link(GOOD), claimed=token.at + dt.timedelta(hours=hours), stamps=(token,)), NOW, POLICY)
            for hours in (0, 3, 7)}  # fmt: skip
    assert [told[hours].reasons for hours in (0, 3, 7)] == [(), ("claimed-after-stamp",), ("local-time-as-utc",)]
    assert {one.verdict for one in told.values()} == {"valid"}
    ahead = judge.signature(signed(link(GOOD), claimed=NOW + DAY), NOW, POLICY)
    assert ahead.reasons == ("claimed-in-future",) and ahead.time == "claimed"


def test_every_reason_has_its_sentence() -> None:
    words = law("verification.toml")["reason"]
    assert judge.PROVES_WRONG | judge.CANNOT_TELL | judge.TOLD <= words.keys()


def test_a_stations_own_row_comes_before_ours() -> None:
    """An office that must read documents signed with SHA-1 says until when, in law/algorithms.toml (its tables come first)."""
    own = {**POLICY, "digest": [{"name": "sha1", "weak_from": "2027-01-01"}, *POLICY["digest"]]}
    uses = [Algorithm("signature", "sha1", "rsa", 2048)]
    on = dt.date(2025, 6, 1)
    assert judge.strength(uses, on, POLICY) == "weak" and judge.strength(uses, on, own) == "strong"
    assert judge.strength(uses, dt.date(2027, 1, 1), own) == "weak"


@given(st.lists(USES, min_size=1, max_size=3), st.dates(dt.date(1990, 1, 1), dt.date(2040, 1, 1)))
def test_strong_until_is_the_first_day_on_which_it_is_not(uses: list[Algorithm], day: dt.date) -> None:
    assert (judge.strength(uses, day, POLICY) == "strong") is (day < judge.strong_until(uses, POLICY))
