"""The legal profiles: the rule of the day, the station's own rules first, the block as the law writes it."""

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor import law
from processor.errors import SettingsError

AGENCY = "Ủy ban nhân dân xã X"
TODAY = dt.date(2026, 11, 24)
HANOI = dt.timezone(dt.timedelta(hours=7))
FORMS = {"sao-y": "SAO Y", "sao-luc": "SAO LỤC", "trich-sao": "TRÍCH SAO"}


def own(station: Path, text: str, name: str = "copies.toml", head: bytes = b"") -> Path:
    (station / "law").mkdir(exist_ok=True)
    (station / "law" / name).write_bytes(head + text.encode())
    return station


RULE = """
[[block]]
forms = ["sao-y"]
act = "QĐ 1/2027"
article = "Điều 2"
valid_from = 2027-03-01
valid_to = 2027-12-31
template = ["{agency}", "{form}", "{date} {time}"]
separator = " - "
date = "%d.%m.%Y"
time = "%H:%M"
zone = ""
font_size = 9
leading = 10
width_mm = 60
top_mm = 4
right_mm = 4
search_down_mm = 20
search_left_mm = 20
"""


# --- the rule of the day


@pytest.mark.parametrize("form", FORMS)
def test_copies_follow_nd_30_from_the_day_it_came_into_force(form: str) -> None:
    assert law.block_rule(form, dt.date(2020, 3, 5)).act == "NĐ 30/2020/NĐ-CP"
    with pytest.raises(SettingsError, match="2020-03-04"):
        law.block_rule(form, dt.date(2020, 3, 4))


def test_archival_paper_follows_tt_05_from_the_day_it_came_into_force() -> None:
    assert law.block_rule("archive", dt.date(2025, 7, 1)).act == "TT 05/2025/TT-BNV"
    with pytest.raises(SettingsError, match="archive"):
        law.block_rule("archive", dt.date(2025, 6, 30))


@pytest.mark.parametrize("form", ["", "sao y", "SAO Y", "phat-hanh"])
def test_a_form_no_law_knows_is_an_error_not_a_guess(form: str) -> None:
    with pytest.raises(SettingsError):
        law.block_rule(form, TODAY)


@given(
    st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)),
    st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)),
    st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)),
)
def test_a_rule_holds_on_its_first_and_its_last_day_and_on_no_other_side(
    first: dt.date, last: dt.date, day: dt.date
) -> None:
    rule = {"valid_from": first, "valid_to": last}
    if first <= day <= last:
        assert law.in_force([rule], day, "x") == rule
    else:
        with pytest.raises(SettingsError, match=day.isoformat()):
            law.in_force([rule], day, "x")


def test_a_document_has_a_code_only_under_a_rule_in_force() -> None:
    assert "{" in law.document_code_template(TODAY)
    with pytest.raises(SettingsError, match="document codes"):
        law.document_code_template(dt.date(1999, 1, 1))


# --- the station's own rules


def test_the_stations_rule_comes_first_while_it_holds_and_ours_before_and_after(tmp_path: Path) -> None:
    station = own(tmp_path, RULE)
    acts = [
        law.block_rule("sao-y", dt.date(*day), station).act
        for day in ((2027, 2, 28), (2027, 3, 1), (2027, 12, 31), (2028, 1, 1))
    ]
    assert acts == ["NĐ 30/2020/NĐ-CP", "QĐ 1/2027", "QĐ 1/2027", "NĐ 30/2020/NĐ-CP"]
    assert law.block_rule("sao-luc", dt.date(2027, 3, 1), station).act == "NĐ 30/2020/NĐ-CP"


def test_the_stations_rule_is_printed_as_it_is_written(tmp_path: Path) -> None:
    rule = law.block_rule("sao-y", dt.date(2027, 3, 1), own(tmp_path, RULE))
    assert rule.text(AGENCY, dt.datetime(2027, 3, 1, 8, 5, tzinfo=HANOI)) == f"{AGENCY} - SAO Y - 01.03.2027 08:05"


def test_the_stations_word_replaces_ours_and_leaves_the_others(tmp_path: Path) -> None:
    station = own(tmp_path, '[words]\nsao-y = "SAO Y BẢN CHÍNH"\n')
    assert law.block_rule("sao-y", TODAY, station).words == "SAO Y BẢN CHÍNH"
    assert law.block_rule("sao-luc", TODAY, station).words == "SAO LỤC"


def test_a_station_without_law_of_its_own_has_ours(tmp_path: Path) -> None:
    assert law.block_rule("sao-y", TODAY, tmp_path) == law.block_rule("sao-y", TODAY)


def test_a_file_saved_by_notepad_is_read_too(tmp_path: Path) -> None:
    station = own(tmp_path, RULE.replace("\n", "\r\n"), head=b"\xef\xbb\xbf")
    assert law.block_rule("sao-y", dt.date(2027, 3, 1), station).act == "QĐ 1/2027"


def test_a_rule_whose_first_day_is_written_as_a_time_still_has_a_first_day(tmp_path: Path) -> None:
    station = own(tmp_path, RULE.replace("valid_from = 2027-03-01", "valid_from = 2027-03-01T00:00:00"))
    with pytest.raises(SettingsError, match="valid_from"):
        law.block_rule("sao-y", TODAY, station)


@pytest.mark.parametrize(
    ("written", "instead", "named"),
    [
        ("width_mm = 60\n", "", "width_mm"),
        ("width_mm = 60\n", "with_mm = 60\n", "with_mm"),
        ("valid_to = ", "valid_until = ", "valid_until"),  # else the rule would hold for ever
        ("valid_from = 2027-03-01\n", "", "valid_from"),
        ("valid_from = 2027-03-01", 'valid_from = "2027-03-01"', "valid_from"),
        ("valid_to = 2027-12-31", "valid_to = 2027", "valid_to"),
        ('forms = ["sao-y"]\n', "", "forms"),
        ("font_size = 9", 'font_size = "9"', "font_size"),
        ("{form}", "{from}", "from"),
        ("{form}", "{form", "template"),
        ("{form}", "{0}", "template"),
        ('separator = " - "', "separator = 5", "separator"),
        ("[[block]]", "[block]", "block"),
        ('["{agency}", "{form}", "{date} {time}"]', '"{agency}"', "template"),
    ],
)
def test_a_slip_in_the_stations_rule_is_an_error_that_names_it(
    tmp_path: Path, written: str, instead: str, named: str
) -> None:
    assert written in RULE
    station = own(tmp_path, RULE.replace(written, instead))
    with pytest.raises(SettingsError, match=named):
        law.block_rule("sao-y", dt.date(2027, 3, 1), station)


def test_a_rule_that_prints_the_form_needs_the_forms_words(tmp_path: Path) -> None:
    station = own(tmp_path, RULE.replace('["sao-y"]', '["sao-moi"]'))
    with pytest.raises(SettingsError, match="words"):
        law.block_rule("sao-moi", dt.date(2027, 3, 1), station)


@pytest.mark.parametrize("content", ["[[block]\n", "words = \n", "\ud800"])
def test_a_law_file_that_is_not_toml_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "law").mkdir()
    (tmp_path / "law" / "copies.toml").write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(SettingsError, match="copies.toml: not TOML"):
        law.block_rule("sao-y", TODAY, tmp_path)


# --- the block, letter by letter


@pytest.mark.parametrize(("form", "words"), FORMS.items())
def test_a_copys_block_reads_as_the_decree_writes_it(form: str, words: str) -> None:
    moment = dt.datetime(2020, 3, 5, 14, 5, 33, tzinfo=HANOI)
    text = law.block_rule(form, moment.date()).text(AGENCY, moment)
    assert text == f"{words}; Ủy ban nhân dân xã X; 05/03/2020; 14:05:33 +07:00"


def test_the_block_of_archival_paper_has_no_form() -> None:
    moment = dt.datetime(2026, 11, 24, 9, 0, 1, tzinfo=HANOI)
    assert law.block_rule("archive", TODAY).text(AGENCY, moment) == f"{AGENCY}; 24/11/2026; 09:00:01 +07:00"


def test_it_is_ten_point_in_the_corner_of_the_official_template() -> None:
    rule = law.block_rule("sao-y", TODAY)
    assert (rule.font_size, rule.width_mm) == (10, 81)


@pytest.mark.parametrize(
    ("utc", "shown"),
    [
        ("2026-11-24T16:59:59", "24/11/2026; 23:59:59"),
        ("2026-11-24T17:00:00", "25/11/2026; 00:00:00"),
        ("2026-12-31T16:59:59.999999", "31/12/2026; 23:59:59"),
        ("2026-12-31T17:00:00", "01/01/2027; 00:00:00"),
        ("2028-02-28T17:00:00", "29/02/2028; 00:00:00"),
    ],
)
def test_midnight_and_new_year_are_vietnams(utc: str, shown: str) -> None:
    moment = dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC)
    assert law.block_rule("sao-y", moment.date()).text("A", moment) == f"SAO Y; A; {shown} +07:00"


@given(st.datetimes(dt.datetime(2021, 1, 1), dt.datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_the_same_moment_reads_the_same_from_any_zone(moment: dt.datetime, offset: int) -> None:
    aware = moment.replace(tzinfo=dt.UTC)
    elsewhere = aware.astimezone(dt.timezone(dt.timedelta(minutes=offset)))
    rule = law.block_rule("sao-y", TODAY)
    local = moment + dt.timedelta(hours=7)
    assert rule.text("A", elsewhere) == f"SAO Y; A; {local:%d/%m/%Y; %H:%M:%S} +07:00"


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_the_servers_zone_and_language_change_nothing(zone: str) -> None:
    script = (
        "import datetime as dt\nfrom processor import law\n"
        "moment = dt.datetime(2026, 12, 31, 17, 0, 5, tzinfo=dt.UTC)\n"
        "print(ascii(law.block_rule('sao-y', moment.date()).text('A', moment)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], env={"TZ": zone, "LC_ALL": "C"}, capture_output=True, text=True, check=True
    ).stdout
    assert said.strip() == "'SAO Y; A; 01/01/2027; 00:00:05 +07:00'"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        law.block_rule("sao-y", TODAY).text("A", dt.datetime(2026, 11, 24, 9, 0))


@given(st.text(min_size=1, max_size=60))
def test_an_agencys_name_is_printed_and_never_interpreted(agency: str) -> None:
    moment = dt.datetime(2026, 11, 24, 9, 0, 1, tzinfo=HANOI)
    text = law.block_rule("sao-y", TODAY).text(agency, moment)
    assert text == f"SAO Y; {agency}; 24/11/2026; 09:00:01 +07:00"


def test_evidence_is_made_by_the_first_digest_that_lasts(tmp_path: Path) -> None:
    (tmp_path / "law").mkdir()
    own = tmp_path / "law" / "algorithms.toml"
    assert law.evidence_digest(TODAY, tmp_path) == "sha256"
    own.write_text('[[digest]]\nname = "sha256"\nweak_from = "2031-01-01"\n')
    assert [law.evidence_digest(dt.date(year, 1, 1), tmp_path) for year in (2030, 2031)] == ["sha256", "sha384"]
    own.write_text('evidence_digests = ["sha3_256", "sha512"]\n')  # a station's own come first; openssl's `ts` must know them
    assert law.evidence_digest(TODAY, tmp_path) == "sha512"
    own.write_text("".join(f'[[digest]]\nname = "sha{bits}"\nweak_from = "2020-01-01"\n' for bits in (256, 384, 512)))
    with pytest.raises(SettingsError, match="evidence_digests"):
        law.evidence_digest(TODAY, tmp_path)
