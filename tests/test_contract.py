"""The program, README.md, docs/design.md and the tables of config/ say the same: each is read here and held against the others."""

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest

from archive.record import DESCRIPTIVE, FIELDS
from processor.cli import cli
from processor.errors import ExitCode
from tests.station import SOHOA, demo, set_up, sohoa
from tests.testkit import samples, scans

ROOT = Path(__file__).parent.parent
README, DESIGN = ((ROOT / name).read_text("utf-8") for name in ("README.md", "docs/design.md"))
EVERYWHERE = {"--station", "--help"}


def section(text: str, title: str) -> str:
    """A heading's text; the title may be its beginning."""
    found = re.search(rf"^## {re.escape(title)}[^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no section {title!r}"
    return found[1]


def first_cells(text: str) -> list[str]:
    """The first cell of every row of the tables, `\\|` undone."""
    rows = [re.split(r"(?<!\\)\|", line)[1] for line in text.splitlines() if line.startswith("|")]
    return [cell.replace("\\|", "|") for cell in rows]


def test_one_version_is_told_everywhere() -> None:
    """Records keep it for seventy years: a reader looks it up among the changes."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest and version == f"{newest[1]}.0" and f"**State: {newest[1]}.**" in README


def calls(text: str) -> list[str]:
    return [span for cell in first_cells(text) for span in re.findall(r"`([^`]+)`", cell)]


def commands(group: click.Group = cli, above: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} ")
        else:
            yield above + name, command


VERBS = dict(commands())


def verb_of(call: str) -> str:
    return next((verb for verb in VERBS if (call + " ").startswith(verb + " ")), call.split(" [")[0])


def options(command: click.Command) -> set[str]:
    return set(re.findall(r"^ +(--[a-z-]+)", command.get_help(click.Context(command)), re.MULTILINE)) - EVERYWHERE


# The command line


def test_readme_lists_every_verb_and_no_other() -> None:
    assert {verb_of(call) for call in calls(section(README, "Verbs"))} == set(VERBS)


def test_the_design_knows_every_verb() -> None:
    known: set[str] = set()
    for call in calls(section(DESIGN, "The command line")):
        first, _, rest = call.partition(" ")
        known |= {f"{first} {each}" for each in rest.split("|")} if "|" in rest and first not in VERBS else {first}
    assert set(VERBS) - known == set()


@pytest.mark.parametrize("verb", VERBS)
def test_readme_names_every_option_of_a_verb_and_no_other(verb: str) -> None:
    told = {
        option for call in calls(section(README, "Verbs")) if verb_of(call) == verb for option in re.findall(r"--[a-z-]+", call)
    }
    assert told == options(VERBS[verb])


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_that_works_on_a_station_takes_one_and_explains_itself(verb: str) -> None:
    command = VERBS[verb]
    assert command.help and all(p.help for p in command.params if isinstance(p, click.Option) and "--year" not in p.opts), verb
    assert verb in {"init", "witness"} or "--station" in command.get_help(click.Context(command))


@pytest.mark.parametrize("text", [section(README, "Verbs"), section(DESIGN, "The command line")], ids=["README", "design"])
def test_exit_codes_are_told_as_they_are(text: str) -> None:
    told = text.partition("Exit codes: ")[2].partition(".")[0]
    assert {int(entry.split()[0]) for entry in told.split(";")} == set(ExitCode)


def test_nothing_ever_asks() -> None:
    asking = {"prompt", "confirm", "input", "getpass", "confirmation_option", "password_option"}
    for path, tree in sources():
        called = {_called(node) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        keywords = {k.arg for node in ast.walk(tree) if isinstance(node, ast.Call) for k in node.keywords}
        if path.name in {"signing.py", "password.py"} or path.parent.name == "signer":  # a clerk is there; elsewhere they do not ask either
            assert "isatty" in called or path.parent.name == "signer", path
            continue
        assert not called & asking and "prompt" not in keywords, path


def test_readme_tells_the_version_there_is() -> None:
    told = re.search(r"\*\*State: ([0-9.]+)\.\*\*", README)
    assert told, "README says which state this is"
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert version.startswith(told[1] + "."), f"README: {told[1]}, pyproject.toml: {version}"


# JSON


def named(text: str) -> set[str]:
    return set(re.findall(r"[a-z][a-z0-9_]*", text))


def keys(text: str, what: str) -> list[set[str]]:
    """The names in each pair of braces that follows `what`, as they are nested."""
    after = section(DESIGN, "JSON").partition(f"`{what} --json`: `")[2].partition("`.")[0]
    return [set(re.findall(r'"([a-z_]+)"(?=[:,}\] (])', part)) for part in re.split(r"\[\{", after)]


def record_fields() -> set[str]:
    text = section(DESIGN, "JSON").partition("Fields: ")[2].partition("`show` adds")[0]
    bare = re.sub(r"\([^()]*\)", "", text).replace("`", "")
    return named(bare) - {"and"}


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One document filed, one held, one rejected, one waiting for a key that is not there."""
    folder = demo(tmp_path_factory.mktemp("office") / "station")
    sample, drop = samples.sample(1, dpi=100), folder / "drop" / "sao-y"
    scans.png(drop / "mot.png", sample.aged[0], dpi=100)
    scans.pdf_born_digital(drop / "dien-tu.pdf", sample.letter)
    scans.html_named_pdf(drop / "web.pdf")
    assert sohoa(folder, "run").returncode == 2
    set_up(folder, ("seal.p12", "mat.p12"))
    scans.png(drop / "hai.png", sample.aged[0].crop((0, 0, 800, 400)), dpi=100)
    assert sohoa(folder, "run").returncode == 4
    return folder


def answer(station: Path, *words: str) -> Any:
    return json.loads(sohoa(station, *words, "--json").stdout)


def test_find_and_show_have_the_documented_fields(station: Path) -> None:
    assert record_fields() == set(FIELDS)
    (record,) = answer(station, "find")
    assert set(record) == record_fields()
    shown = answer(station, "show", record["doc_code"])
    assert set(shown) == record_fields() | {"events", "text"}
    assert "`show` adds `events` and `text`." in section(DESIGN, "JSON")
    assert set(record["confidence"]) <= set(DESCRIPTIVE)
    for more in ((), ("--order", "relevance")):
        (record,) = answer(station, "find", "cong hoa", "--snippets", *more)
        assert set(record) == record_fields() | {"snippet"} and {"⟦", "⟧"} <= set(record["snippet"])
    assert "`find --snippets` adds `snippet`" in section(DESIGN, "JSON")


def test_status_has_the_documented_fields(station: Path) -> None:
    text, status = section(DESIGN, "JSON"), answer(station, "status")
    assert set(status) == keys(text, "status")[0]
    common = named(re.search(r"items `\{([^}]*)\}`", text)[1])  # type: ignore[index]  # a text without it fails here
    more = {"held": {"folder"}, "rejected": {"folder"}, "waiting": {"state", "not_before"}, "to_describe": set[str]()}
    assert "`held` and `rejected` also `folder`, `waiting` also `state, not_before`" in text
    for name, also in more.items():
        assert status[name], f"the station shows no item that is {name}"
        assert all(set(item) == common | also for item in status[name]), name
    states = set(re.findall(r"`([a-z-]+)`", " ".join(first_cells(section(DESIGN, "States")))))
    assert set(status["counts"]) <= states


def test_verify_rebuild_and_doctor_have_the_documented_fields(station: Path) -> None:
    text = section(DESIGN, "JSON")
    path = next((station / "archive").rglob("*VP.0000001.json"))
    path.chmod(0o644)
    kept = path.read_bytes()
    path.write_bytes(kept + b" ")
    for verb, inner in (("verify", "findings"), ("rebuild", "findings"), ("doctor", "checks")):
        told, (outer, nested) = answer(station, verb), keys(text, verb)
        assert set(told) == outer, verb
        assert told[inner] and all(set(item) == nested for item in told[inner]), verb
    path.write_bytes(kept)
    assert answer(station, "rebuild")["ok"], "what was altered is as it was"


def test_every_field_can_be_set_and_asked_for(station: Path) -> None:
    said: dict[str, Any] = dict.fromkeys(DESCRIPTIVE, "một") | {"code_number": "1a", "issued_date": "2026-03-02", "page_amount": 3}
    (code,) = (record["doc_code"] for record in answer(station, "find"))
    record = answer(station, "describe", code, *(f"--set={name}={value}" for name, value in said.items()))
    assert {name: record[name] for name in DESCRIPTIVE} == said
    asked = {name: value for name, value in record.items() if name != "confidence" and value is not None}
    # of annexes, of what came signed by others, and of what took another's place
    others = {"confidence", "main_code", "verification", "supersedes", "superseded_by"}
    assert set(asked) == set(FIELDS) - others, "the document has a value in every field"
    assert [r["doc_code"] for r in answer(station, "find", *(f"--field={n}={v}" for n, v in asked.items()))] == [code]
    for verb in (("find", "--field", "mau=x"), ("describe", code, "--set", "mau=x")):
        told = sohoa(station, *verb)
        assert told.returncode == 1 and "'mau'" in told.stderr


@pytest.mark.parametrize("form", ["--jsonl", "--csv"])
def test_a_reader_that_has_enough_is_no_error(station: Path, form: str) -> None:
    words = f"set -o pipefail; {SOHOA} find {form} --station {station} | true"
    done = subprocess.run(["bash", "-c", words], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


# The tables of config/ and the source


@cache
def sources() -> tuple[tuple[Path, ast.Module], ...]:
    paths = [path for room in ("processor", "archive", "watch") for path in sorted((ROOT / room).rglob("*.py"))]
    return tuple((path, ast.parse(path.read_text("utf-8"))) for path in paths)


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""


def texts(tree: ast.AST) -> set[str]:
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def codes_given() -> set[str]:
    """What is written where a reason's code stands: `Verdict("…")`, `refusal=("…", …)`."""
    given: set[str] = set()
    for _, tree in sources():
        for node in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if _called(node) == "Verdict" and node.args and not isinstance(node.args[0], ast.Subscript):
                given |= texts(node.args[0])
            for keyword in node.keywords:
                if keyword.arg == "refusal" and isinstance(keyword.value, ast.Tuple) and keyword.value.elts:
                    given |= texts(keyword.value.elts[0])
    return given


def rows(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / "config" / name).read_text("utf-8"))


def test_every_reason_given_has_its_texts_and_every_text_is_given() -> None:
    table = rows("codes.toml")
    assert codes_given() - set(table) == set()
    assert set(table) - set().union(*(texts(tree) for _, tree in sources())) == set()


def test_every_reason_is_told_in_both_languages_and_leads_to_a_state() -> None:
    states = set(re.findall(r"`([a-z-]+)`", " ".join(first_cells(section(DESIGN, "States")))))
    for code, row in rows("codes.toml").items():
        assert set(row) - {"answered"} == {"state", "en", "vi", "act"} and all(row.values()), code
        assert row["state"] in states & {"held", "rejected", "waiting", "to-seal"}, code
        assert row["en"][0].islower() or row["en"].startswith(("PDF", "XFA", "OCR")), code
        assert row["vi"].endswith(".") and row["act"].endswith("."), code


def test_every_setting_is_used() -> None:
    read = {node.attr for _, tree in sources() for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    read |= {
        text for _, tree in sources() for node in ast.walk(tree) if isinstance(node, ast.Subscript) for text in texts(node.slice)
    }
    keys_known = {f"{table}.{key}" for table, row in rows("station.toml").items() for key in row}
    assert {name for name in keys_known if name.partition(".")[2] not in read} == set()


def test_every_row_of_the_doctor_is_looked_at_and_every_look_has_its_row() -> None:
    looks: set[str] = set()
    for path, tree in sources():
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _called(node) == "check" and node.args]
        given = set().union(*(texts(node.args[0]) for node in calls))
        is_of_the_doctor = path.parent.name == "doctor" or path.name in {"token_modules.py", "converter.py"}
        assert is_of_the_doctor or not given, f"{path} looks at something unseen by the doctor"
        looks |= given
    assert looks == set(rows("doctor.toml"))
