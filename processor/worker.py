"""The process that parses foreign bytes: takes a job, answers with values, asks for what it may not have.

A job is JSON in and JSON out over one socket (never pickles: the coordinator must not execute what a parser sends).
While it works it may ask the coordinator for a signature over a digest, a time-stamp or a revocation list; it holds no
key and has no network. Run as `python -m processor.worker SOCKET LIFELINE MEMORY FILESIZE [REACH]`.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeAlias

from processor import sandbox
from processor.errors import SettingsError, Verdict, where

Ask: TypeAlias = Callable[[str, bytes], bytes]
"""Ask the coordinator: kind of question (`sign`, `stamp`, `fetch`), body; answers bytes or raises Verdict."""

JOBS: Mapping[str, str] = {
    "sidecar": "processor.intake.sidecar",
    "lists": "processor.intake.lists",
    "split": "processor.intake.split",
    "thumbnails": "processor.intake.split",
    "probe": "processor.intake.probe",
    "quality": "processor.intake.quality",
    "join": "processor.intake.join",
    "body": "processor.intake.body",
    "recognise": "processor.ocr.recognise",
    "glance": "processor.ocr.glance",
    "describe": "processor.reading",
    "finish": "processor.seal.prepare",
    "seal": "processor.seal.sign",
    "prepare_seal": "processor.seal.carried",
    "finish_seal": "processor.seal.carried",
    "sign_head": "processor.seal.heads",
    "stamp_head": "processor.seal.heads",
    "check_stamp": "processor.seal.heads",
    "stamp_lists": "processor.seal.kept",
    "examine": "processor.seal.validate",
    "sheet": "processor.sheet",
    "separator_sheets": "processor.separator_sheets",
    "preview": "processor.preview",
    "page_picture": "processor.pagepicture",
    "marked_pages": "processor.pagepicture",
    "members": "processor.intake.members",
    "marked_members": "processor.packagelook",
    "convert": "processor.intake.convert",
    "read_original": "processor.intake.original",
    "verify": "processor.verify.signatures",
    "preserve": "processor.verify.preserve",
    "locate": "processor.seal.locate",
    "listed": "processor.intake.listed",
    "register": "processor.registers.paper",
    "labels": "processor.registers.labels",
    "covers": "processor.registers.labels",
    "spreadsheet": "processor.registers.spreadsheet",
}
"""Each job is the function of its own name in a module that is loaded when first needed, and stays loaded."""

UNUSED = ("pymupdf.layout", "pymupdf4llm")
"""PyMuPDF 2.0 loads a neural network for the layout of pages whenever it is imported: of what a worker took to start, a third."""


def _asker(channel: Connection) -> Ask:
    def ask(kind: str, body: bytes) -> bytes:
        channel.send_bytes(json.dumps({"ask": kind, "body": base64.b64encode(body).decode()}).encode())
        answer = json.loads(channel.recv_bytes())
        if "refuse" in answer:
            raise Verdict(answer["refuse"], answer.get("detail", ""))
        return base64.b64decode(answer["answer"])

    return ask


def _perform(job: str, args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    try:
        function = getattr(import_module(JOBS[job]), job)
        return {"done": function(args, ask)}
    except Verdict as verdict:
        return {"verdict": verdict.code, "detail": verdict.detail}
    except SettingsError as error:
        return {"verdict": "waiting-law", "detail": str(error)}
    except MemoryError:
        return {"verdict": "too-large", "detail": f"{job}: out of memory"}
    except Exception as error:  # noqa: BLE001 - the per-document boundary: a fault costs this document, not the service
        return {"verdict": "unexpected", "detail": f"{job}: {type(error).__name__} at {where(error)}"}


def serve(channel: Connection) -> None:
    """Do jobs until the coordinator closes the socket."""
    ask = _asker(channel)
    while True:
        try:
            message = json.loads(channel.recv_bytes())
        except EOFError:
            return
        channel.send_bytes(json.dumps(_perform(message["job"], message["args"], ask)).encode())


def main(argv: list[str]) -> None:
    """Entry point of the worker process."""
    socket, lifeline, memory, file_size = (int(word) for word in argv[:4])
    walls = sandbox.confine(memory, file_size)
    sandbox.die_with(lifeline)
    if argv[4:]:
        readable, writable = (list(map(Path, names)) for names in json.loads(argv[4]))
        walls += sandbox.within(readable, writable)
    for name in UNUSED:
        sys.modules[name] = None  # type: ignore[assignment]  # importing it fails, and PyMuPDF goes without
    channel = Connection(socket)
    channel.send_bytes(json.dumps({"walls": walls}).encode())
    serve(channel)


if __name__ == "__main__":
    main(sys.argv[1:])
