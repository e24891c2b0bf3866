"""Judging a file in this process: the shipped policy, a scene's authorities or none at all."""

import base64
import tomllib
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from processor.errors import Verdict
from processor.verify.signatures import verify
from tests.testkit.false_signers import Scene

Judge = Callable[..., dict[str, Any]]


def law(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("config").joinpath("law", name).read_text("utf-8"))


def nobody(kind: str, body: bytes) -> bytes:
    raise Verdict("waiting-revocation", "nobody is asked")


def arguments(path: Path, scene: Scene | None, **more: Any) -> dict[str, Any]:
    pki = scene.pki if scene else None
    roots = [base64.b64encode(who.der).decode() for who in (pki.root, pki.tsa_root)] if pki else []
    others = [base64.b64encode(pki.issuing.der).decode()] if pki else []
    now = pki.now().isoformat() if pki else "2026-11-24T10:00:00+07:00"
    given = {"path": str(path), "roots": roots, "intermediates": others, "pins": [], "lists": [], "now": now}
    return {**given, "policy": law("algorithms.toml"), "limits": {}, **more}


@pytest.fixture
def judged(tmp_path: Path) -> Judge:
    """Verify bytes: with a scene's trust and services, or with neither."""

    def judge(pdf: bytes, scene: Scene | None = None, **more: Any) -> dict[str, Any]:
        path = tmp_path / "den.pdf"
        path.write_bytes(pdf)
        return verify(arguments(path, scene, **more), scene.pki.answer if scene else nobody)

    return judge
