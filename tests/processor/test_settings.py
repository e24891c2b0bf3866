"""The station's settings: what is written is what holds, and what is wrong is said with its path."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from archive.record import Description
from processor import archive_tables, settings, tables
from processor.errors import SettingsError
from processor.settings import Settings, defaults, parse
from processor.tables import seconds

LANE = {"lanes": {"sao-y": {"form": "sao-y"}}}
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def refusal(own: Mapping[str, Any]) -> str:
    with pytest.raises(SettingsError) as caught:
        parse(own)
    return str(caught.value)


def keys(model: type[BaseModel], above: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys(field.annotation, f"{above}{name}.")
        elif name != "lanes":
            yield f"{above}{name}"


# --- the defaults and the types say the same


def test_the_shipped_defaults_are_valid_by_themselves() -> None:
    assert parse({}).lanes == {}


def test_every_key_of_the_file_is_a_field_and_every_field_is_a_key_of_the_file() -> None:
    written = {f"{table}.{key}" for table, rows in defaults().items() for key in rows}
    typed = {key for key in keys(Settings) if key not in {"keys", "operators", "persons", "mirrors", "witnesses"}}
    named = {"lane": tables.LaneTable, "key": tables.KeyTable, "operator": tables.OperatorTable, "person": tables.PersonTable,
             "mirror": archive_tables.MirrorTable}  # fmt: skip
    typed |= {f"{one}.{key}" for one, table in named.items() for key in table.model_fields}
    assert written == typed


def test_what_a_lane_may_require_to_close_are_fields_of_a_record() -> None:
    every = [name for name in Description.__slots__ if name != "confidence"]
    lane = parse({"lane": {"require_to_close": every}} | LANE).lanes["sao-y"]
    assert lane.require_to_close == tuple(every)


# --- durations


@given(st.decimals(0, 100_000, places=3), st.sampled_from("smhd"), st.sampled_from(["", " "]))
def test_every_number_with_a_unit_is_so_many_seconds(number: Any, unit: str, blank: str) -> None:
    assert seconds(f"{blank}{number}{unit}{blank}") == pytest.approx(float(number) * UNITS[unit])


@given(st.floats(0, 1e9) | st.integers(0, 10**9))
def test_a_bare_number_is_seconds(number: float) -> None:
    assert seconds(number) == number


@given(st.text(max_size=8).filter(lambda text: not text.strip()[:-1].replace(".", "", 1).isdigit()))
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        seconds(text)


@pytest.mark.parametrize("value", [True, -1, -0.5, float("nan"), float("inf"), "10", "10 s", "-1s", "1w", "٣s", None, ["1s"]])
def test_nor_is_a_yes_a_debt_or_for_ever(value: object) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        seconds(value)


# --- refusals name the path


@pytest.mark.parametrize(
    ("own", "path"),
    [
        ({"staton": {}}, "staton"),
        ({"station": {"agence": "x"}}, "station.agence"),
        ({"seal": {"passphrase": "secret"}}, "seal.passphrase"),
        ({"lanes": {"sao-y": {"form": "sao-y", "fil": "x"}}}, "lanes.sao-y.fil"),
        ({"lanes": {"sao-y": {"form": "sao-y", "name": "sao-luc"}}}, "lanes.sao-y.name"),
        ({"lane": {"fil": "x"}}, "lane.fil"),
        ({"lane": {"name": "x"}}, "lane.name"),
        ({"lane": {"settle": "soon"}}, "lane.settle"),
        ({"station": 5}, "station"),
        ({"lanes": 5}, "lanes"),
        ({"lane": 5}, "lane"),
        ({"lanes": {"sao-y": "sao-y"}}, "lanes.sao-y"),
        ({"lanes": {"sao-y": {"kind": "copi", "form": "sao-y"}}}, "lanes.sao-y.kind"),
        ({"station": {"agency": {"name": "x"}}}, "station.agency"),
    ],
)
def test_a_key_nobody_knows_or_a_value_of_the_wrong_shape_is_named_by_its_path(own: dict[str, Any], path: str) -> None:
    assert f"sohoa.toml: {path}: " in refusal(own)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("seal.unattended", "no"),  # a word that is not empty would otherwise count as yes
        ("seal.unattended", 1),
        ("station.demo", "false"),
        ("station.agency", 5),
        ("engine.workers", "2"),
        ("engine.workers", True),
        ("engine.workers", -1),
        ("engine.workers", 1.5),
        ("engine.recycle_after", 0),
        ("engine.pages_per_job", 0),
        ("engine.memory_mb", -3072),
        ("engine.seconds_per_document", 0),
        ("engine.seconds_per_page", float("nan")),
        ("limits.pages", 0),
        ("limits.page_megapixels", 0),
        ("limits.free_disk_mb", -1),
        ("ocr.read_dpi", 0),
        ("time.attempts", 0),
        ("time.parallel", 0),  # would wait for a slot for ever
        ("time.timeout", "0s"),
        ("time.timeout", -1),
        ("time.urls", "http://tsa.example.vn"),
        ("time.urls", ["tsa.example.vn"]),
        ("time.urls", ["ftp://tsa.example.vn"]),
        ("time.urls", ["http://tsa.example.vn:port"]),
        ("time.urls", ["http://clerk:secret@tsa.example.vn"]),
        ("time.urls", [f"http://tsa{n}.example.vn" for n in range(9)]),
        ("trust.roots", [5]),
        ("trust.revocation_hosts", ["http://crl.example.vn"]),
        ("trust.revocation_hosts", ["crl.example.vn:80"]),
        ("trust.revocation_hosts", ["crl.example.vn/list.crl"]),
        ("trust.revocation_hosts", [""]),
        ("trust.revocation_keep", "ten minutes"),
        ("schedule.nightly", "25:00"),
        ("schedule.nightly", "1:00"),
        ("schedule.rescan", 0),
        ("schedule.fixity_share", 0),
        ("lane.languages", []),
        ("lane.require_to_seal", ["flie"]),  # a slip of the pen must not switch off what the law wants
        ("lane.require_to_close", ["confidence"]),
        ("lane.sidecar", "maybe"),
    ],
)
def test_a_value_that_cannot_hold_is_refused_at_the_door(path: str, value: object) -> None:
    table, key = path.split(".")
    assert f"{path}" in refusal({table: {key: value}})


def test_all_faults_are_told_at_once() -> None:
    told = refusal({"station": {"agence": "x"}, "time": {"attempts": 0}})
    assert "station.agence" in told and "time.attempts" in told


def test_the_names_of_hosts_are_compared_in_lower_case() -> None:
    assert parse({"trust": {"revocation_hosts": ["CRL.Example.VN"]}}).trust.revocation_hosts == ("crl.example.vn",)


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        parse({}).station.demo = True  # type: ignore[misc]  # that is what is tried


# --- lanes


def test_a_lane_overlays_the_stations_lane_table_which_overlays_the_defaults() -> None:
    own = {
        "lane": {"settle": "1m", "languages": ["vie", "eng"]},
        "lanes": {"sao-y": {"form": "sao-y", "settle": "2m"}, "luu-tru": {"kind": "archive"}},
    }
    lanes = parse(own).lanes
    assert (lanes["sao-y"].settle, lanes["luu-tru"].settle) == (120, 60)
    assert lanes["sao-y"].languages == lanes["luu-tru"].languages == ("vie", "eng")
    assert lanes["sao-y"].sidecar == "optional"
    assert [lane.name for lane in lanes.values()] == ["sao-y", "luu-tru"]


def test_one_key_of_a_table_leaves_the_others_as_they_were() -> None:
    own = parse({"engine": {"workers": 3}})
    assert own.engine.workers == 3 and own.engine.memory_mb == parse({}).engine.memory_mb


@pytest.mark.parametrize("require", [["file", "form"], ["file"], []])
def test_a_copy_lane_without_a_form_is_refused_whatever_it_requires(require: list[str]) -> None:
    """The block begins with the form (NĐ 30 Phụ lục I, Phần II, I.3): without one there is nothing lawful to print."""
    assert "lanes.sao.form" in refusal({"lanes": {"sao": {"require_to_seal": require}}})


def test_an_archive_lane_has_no_form() -> None:
    assert "lanes.luu-tru.form" in refusal({"lanes": {"luu-tru": {"kind": "archive", "form": "sao-y"}}})


@pytest.mark.parametrize("name", ["Sao-Y", "sao y", "", "-sao", "sao/y", "..", "sao\u0301", "a" * 42])
def test_a_lanes_name_can_be_a_folder_everywhere(name: str) -> None:
    assert "a lane's name" in refusal({"lanes": {name: {"form": "sao-y"}}})


# --- sealing without the clerk


@pytest.mark.parametrize("demo", [False, True])
@pytest.mark.parametrize("unattended", [False, True])
@pytest.mark.parametrize("authorisation", ["", "  ", "12/QĐ-UBND ngày 05/3/2026"])
def test_unattended_sealing_needs_the_switch_and_the_paper_in_a_demo_too(
    demo: bool, unattended: bool, authorisation: str
) -> None:
    own = parse({"station": {"demo": demo}, "seal": {"unattended": unattended, "authorisation": authorisation}})
    assert own.may_seal_unattended == (unattended and authorisation.startswith("12/"))


# --- the file


def test_a_station_is_read_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "sohoa.toml").write_text('[station]\nagency = "Sở Nội vụ"\n', "utf-8")
    assert settings.load(tmp_path).station.agency == "Sở Nội vụ"


def test_a_file_saved_by_notepad_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "sohoa.toml").write_bytes(b'\xef\xbb\xbf[station]\r\nagency = "x"\r\n')
    assert settings.load(tmp_path).station.agency == "x"


@pytest.mark.parametrize("content", [b"agency = ", b"\xff\xfe[\x00", b"[a]\n[a]\n"])
def test_a_file_that_is_not_toml_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "sohoa.toml").write_bytes(content)
    with pytest.raises(SettingsError, match="sohoa.toml: not TOML"):
        settings.load(tmp_path)


def test_where_no_station_is_the_operator_is_told_how_to_make_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path, tmp_path / "nowhere", tmp_path / "file"):
        with pytest.raises(SettingsError, match="sohoa init"):
            settings.load(place)


def test_a_folder_in_the_files_place_is_an_error_of_settings(tmp_path: Path) -> None:
    (tmp_path / "sohoa.toml").mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        settings.load(tmp_path)


def test_nothing_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    before = parse({})
    for name in ("STATION__DEMO", "DEMO", "SEAL__UNATTENDED", "UNATTENDED", "SOHOA_SEAL_UNATTENDED"):
        monkeypatch.setenv(name, "true")
    assert parse({}) == before


@pytest.mark.parametrize("key", ["", "kiem-toan", "kiem-toan+00000000+BAAA", 5])
def test_a_witness_s_key_with_a_slip_is_told(key: object) -> None:
    with pytest.raises(SettingsError, match="witnesses.kiem-toan"):
        parse({"witnesses": {"kiem-toan": key}})
