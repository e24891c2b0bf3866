"""A station's own `law/` as a whole: whatever is wrong with it is told by file, before a document pays for it."""

import datetime as dt
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from click.testing import CliRunner

from processor import law, overlay, reading, service, station, worker
from processor.cli import cli
from processor.errors import ExitCode, SettingsError
from processor.journal import Journal
from processor.shift import Shift
from processor.tools import Tools
from tests.testkit.stations import takes_any_scan

TODAY = dt.date(2026, 11, 30)
SHIPPED = [file for file in resources.files("config").joinpath("law").iterdir() if file.name != "authorities.toml"]
BLOCK = '[[block]]\nforms = ["sao-y"]\nact = "a"\narticle = "b"\n'
FAULTS = {
    "quality.toml": ["x = [", "[limits]\nedge = 1\n", '[[rule]]\nlanes = ["coppy"]\nvalid_from = 2020-01-01\n', "rule = 1\n"],
    "lists.toml": ["sai = [", '[[khong]]\nx = "y"\n', '[[profile]]\nname = "x"\n', '[columns]\nA = "name"\n[columns]\n'],
    "agencies.toml": ['[[period]]\nname = "UBND"\n', '[agencies.x]\nname = "UBND"\n', "agencies = 1\n"],
    "algorithms.toml": ['[[digest]]\nname = "sha1"\nweak_from = "never"\n', 'answers_without_end_hours = "24"\n', 'evidence_digests = "sha256"\n'],
    "code-lists.toml": ['[[list]]\nid = "mode"\n', '[[list]]\nid = "mode"\nvalid_from = 2020-01-01\n[list.codes]\n"01" = "a"\n'],
    "copies.toml": [BLOCK + "valid_from = 2020-01-01\n", BLOCK + 'valid_from = "2020-01-01"\n', BLOCK + "valid_from = 2031-01-01\n"],
    "identifiers.toml": ['[[document]]\nvalid_from = 2020-01-01\ncode = "{file}"\n', "[[document]]\nvalid_from = 2020-01-01\n"],
    "kinds.toml": ["[head]\nmotto = 1\n", "kinds = [1]\n"],
    "metadata.toml": ['[[profile]]\nid = "x"\nvalid_from = 2020-01-01\n', '[[profile]]\nid = "x"\n'],
    "notices.toml": ['[[notice]]\nkind = "returned"\nvalid_from = 2020-01-01\n', '[[notice]]\nkind = "retorned"\n', "[[notice]]\n"],
    "packages.toml": ['[[package]]\nkind = "AIP"\nvalid_from = 2020-01-01\n', "package = [1]\n"],
    "registers.toml": ['[[register]]\nkind = "so-ban-sao"\nvalid_from = 2020-01-01\n'],
    "retention.toml": ['[[row]]\ncode = "1"\n', '[[row]]\ncode = "1"\nact = "a"\nperiod = 5\nvalid_from = 2020-01-01\n'],
    "verification.toml": ["[label]\nheading = 1\n", '[finding.integrity]\nintact = "nguyên"\n'],
    "authorities.toml": ['[[authority]]\nname = "x"\n'],
    "qualities.toml": [""],
    "quality.toml.txt": [""],
    "Quality.TOML": [""],
}  # fmt: skip


def own(station: Path, name: str, text: str) -> Path:
    (station / "law").mkdir(exist_ok=True)
    (station / "law" / name).write_text(text, "utf-8")
    return station


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in FAULTS.items() for text in texts])
def test_what_is_wrong_is_told_by_its_file(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"law/{name}: "):
        overlay.check(own(tmp_path, name, text), TODAY)


PROFILE = '[[profile]]\nname = "Sở"\nact = "a"\narticle = "b"\nvalid_from = 2020-01-01\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[columns]\n"Số hộp" = "keywords"\n', "columns: 'Số hộp': 'keywords' is no field"),
        ('[columns]\n"Số hộp" = 1\n', "columns: 'Số hộp': 1 is no field"),
        ('[columns]\n"Số hộp" = "keyword"\n"SỐ  HỘP:" = "note"\n', "columns: 'Số hộp' and 'SỐ  HỘP:' are one heading"),
        ('[columns]\n"trích yếu" = "note"\n', "columns: 'Trích yếu' and 'trích yếu' are one heading"),
        ('[column_codes]\n"Chế độ" = "mode"\n', "column_codes: 'Chế độ' is no heading"),
        ('[column_codes]\n"Ngôn ngữ" = "lang"\n', "column_codes: 'Ngôn ngữ': there is no code list 'lang'"),
        (PROFILE + '[profile.columns]\nTen = "title"\n', "profile Sở: 'Ten': 'title' is no field"),
        (PROFILE + '[profile.columns]\nTen = "subject"\n[profile.codes]\nNgu = "language"\n', "profile Sở: codes: 'Ngu' is no heading"),
        (PROFILE + '[profile.columns]\nso = "code_number"\n[profile.compose]\nsubject = "Số {soo}"\n', "compose: 'soo' is no heading"),
        (PROFILE + '[profile.columns]\nso = "code_number"\n[profile.compose]\nsubjekt = "Số {so}"\n', "compose: 'subjekt': 'subjekt' is no field"),
    ],
)
def test_a_slip_in_the_headings_of_lists_is_told_by_its_name(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        overlay.check(own(tmp_path, "lists.toml", text), TODAY)
    assert told in str(refused.value)


def test_a_heading_of_ours_may_mean_something_else_at_a_station(tmp_path: Path) -> None:
    overlay.check(own(tmp_path, "lists.toml", '[columns]\n"Ghi chú" = "keyword"\n"Tờ" = "pages"\n"TỜ" = "pages"\n'), TODAY)


def test_every_file_of_ours_is_tried_and_ours_are_good(tmp_path: Path) -> None:
    for file in SHIPPED:
        assert file.name in FAULTS
        own(tmp_path, file.name, file.read_text("utf-8"))
    own(tmp_path, "DOC-TRUOC.txt", "of no law")
    own(tmp_path, ".quality.toml", "x = [")  # an editor's
    overlay.check(takes_any_scan(tmp_path), TODAY)


def test_a_station_without_rules_of_its_own_has_none_that_are_wrong(tmp_path: Path) -> None:
    overlay.check(tmp_path, TODAY)
    (tmp_path / "law").mkdir()
    overlay.check(tmp_path, TODAY)


def test_each_faulty_file_is_told(tmp_path: Path) -> None:
    told = overlay.faults(own(own(tmp_path, "quality.toml", "x = ["), "lists.toml", "sai = ["), TODAY)
    assert [fault.partition("/law/")[2].partition(":")[0] for fault in told] == ["lists.toml", "quality.toml"]


@pytest.mark.parametrize("verb", ["run", "watch"])
def test_no_document_is_taken_by_rules_that_are_wrong(tmp_path: Path, verb: str) -> None:
    station.make(tmp_path, True)
    own(tmp_path, "quality.toml", "x = [")
    dropped = tmp_path / "drop" / "sao-y" / "a.pdf"
    dropped.write_bytes(b"%PDF-1.4")
    answer = CliRunner().invoke(cli, [verb, "--station", str(tmp_path)])
    assert isinstance(answer.exception, SettingsError) and answer.exception.exit_code == ExitCode.USAGE
    assert "law/quality.toml: not TOML" in str(answer.exception)
    assert dropped.exists() and not any((tmp_path / "rejected").rglob("*"))


def test_who_watches_begins_nothing_while_rules_are_wrong_and_goes_on_when_they_are_mended(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    tools = cast(Tools, SimpleNamespace(station=tmp_path, clock=lambda: dt.datetime(2026, 11, 30, 5, tzinfo=dt.UTC)))
    rules = service.Rules(Shift(tools, journal))
    assert rules.hold()
    own(tmp_path, "lists.toml", "sai = [")
    assert not rules.hold() and not rules.hold()
    own(tmp_path, "lists.toml", '[columns]\n"Số hộp" = "keyword"\n')
    assert rules.hold()
    journal.close()


@pytest.mark.parametrize("text", ["x = [", "[head]\nmotto = 1\n", "kinds = [1]\n", "[subject]\nx = 1\n", "head = 1\n"])
def test_rules_that_break_under_way_reject_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    def read(args: object, ask: object) -> None:
        law.vocabulary(own(tmp_path, "kinds.toml", text))

    monkeypatch.setattr(reading, "describe", read)
    answer = worker._perform("describe", {}, lambda kind, body: b"")
    assert answer["verdict"] == "waiting-law" and "law/kinds.toml" in answer["detail"]
