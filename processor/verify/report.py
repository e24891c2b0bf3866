"""The verification report as people read it: plain Vietnamese text. PURE: words come in as data.

Promises: the four findings of each signature are told apart; every reason is a sentence; times are told by the signer's clock
and by the token, never mixed; what was used is listed with its dates. "Cannot tell" is never worded as valid.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

Words: TypeAlias = Mapping[str, Any]
"""`config/law/verification.toml`: tables `verdict`, `finding`, `label`, `check`, `reason`."""

_ZONE = dt.timezone(dt.timedelta(hours=7), "+07:00")
_RULE = "-" * 72


def moment(text: str | None, words: Words) -> str:
    """A time of the report in Vietnam's zone."""
    if not text:
        return str(words["label"]["nothing"])
    return dt.datetime.fromisoformat(text).astimezone(_ZONE).strftime("%d/%m/%Y %H:%M:%S +07:00")


def sentence(code: str, words: Words) -> str:
    """The sentence of a reason; an unknown code is shown as it is, never left out."""
    return str(words["reason"].get(code, code))


def _line(label: str, value: object, words: Words) -> str:
    return f"  {words['label'][label]}: {value or words['label']['nothing']}"


def _person(told: Mapping[str, Any] | None, words: Words) -> Iterator[str]:
    if not told:
        yield _line("signer", "", words)
        return
    yield _line("signer", told["name"], words)
    yield _line("agency", ", ".join(part for part in (told.get("unit"), told["agency"]) if part), words)
    yield _line("serial", told["serial"], words)
    yield _line("issuer", told["issuer"], words)
    yield _line("fingerprint", told["sha256"], words)
    yield _line("life", f"{moment(told['valid_from'], words)} – {moment(told['valid_to'], words)}", words)


def _signature(number: int, one: Mapping[str, Any], words: Words) -> Iterator[str]:
    label, finding = words["label"], words["finding"]
    yield _RULE
    kind = label["certification"].format(level=one["certified"]) if one["certified"] else label[one["kind"]]
    yield f"{number}. {kind} ({one['field']}): {words['verdict'][one['verdict']]}"
    yield from _person(one["signer"], words)
    yield _line("claimed", moment(one["claimed_at"], words), words)
    by = f" ({one['token_signer']['name']})" if one["token_signer"] else ""
    yield _line("token", moment(one["token_at"], words) + by, words)
    yield _line("algorithm", " ".join(str(one[key]) for key in ("digest", "algorithm", "key_bits") if one[key]), words)
    covered = one["coverage"]
    yield _line("coverage", label["whole"] if covered["whole"] else label["part"].format(**covered), words)
    for name in ("integrity", "strength", "time", "trust", "changes"):
        yield _line(name, finding[name].get(one[name], one[name]), words)
    if one["changed_pages"]:
        yield _line("pages", ", ".join(map(str, one["changed_pages"])), words)
    for code in one["reasons"]:
        yield f"    - {sentence(code, words)} [{code}]"
    yield _line("checks", " ", words).rstrip()
    for check in one["checks"]:
        detail = f" ({check['detail']})" if check["detail"] else ""
        yield f"    · {words['check'].get(check['check'], check['check'])}: {label[check['result']]}{detail}"


def _data(used: Sequence[Mapping[str, Any]], words: Words) -> Iterator[str]:
    if not used:
        return
    yield _RULE
    yield str(words["label"]["data"])
    for one in used:
        life = f"{moment(one['this_update'], words)} – {moment(one['next_update'], words)}"
        yield f"  · {words['label'][one['kind']]}: {one['source']}; {life}; SHA-256 {one['sha256']}"


def text(report: Mapping[str, Any], *, name: str, words: Words, lang: str = "vi") -> str:
    """The report as a page of text.

    Args:
        report: what `verify` returned.
        name: of the file, as it came.
        words: `config/law/verification.toml`.
        lang: only `vi`.

    Raises:
        ValueError: another language.
    """
    if lang != "vi":
        raise ValueError(f"no words in {lang!r}")
    label = words["label"]
    lines = [
        str(label["heading"]), _RULE, f"{label['file']}: {name}", f"SHA-256: {report['sha256']}",
        f"{label['checked']}: {moment(report['checked_at'], words)}", f"{label['revisions']}: {report['revisions']}",
        f"{label['count']}: {len(report['signatures'])}", "", f"{label['verdict']}: {words['verdict'][report['verdict']]}",
    ]  # fmt: skip
    lines += [f"  - {sentence(code, words)} [{code}]" for code in report["reasons"]]
    for number, one in enumerate(report["signatures"], 1):
        lines += _signature(number, one, words)
    lines += _data(report["data"], words)
    tools = ", ".join(f"{tool} {number}" for tool, number in report["tools"].items())
    lines += [_RULE, f"{label['tools']}: {tools}", str(label["law"])]
    return "\n".join(lines) + "\n"
