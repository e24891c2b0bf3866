"""Digests carried to the token in a file, and the signatures carried back (docs/signer.md).

Promises: what goes out is what was kept here; what comes back counts only as a signature of the organisation's certificate
over the very attributes kept here, whatever else the file says. A batch is finished item by item, each once; a file that was
changed on its way, or answers another batch, is refused whole with a text that says what to do.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from archive.durable import DurableError, write_durably
from processor.errors import SohoaError
from processor.seal.certificates import holds

VERSION = 1
_LARGEST = 64 << 20
_ID = re.compile(r"[0-9a-f]{32}")
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no letter that looks like a digit


class BatchError(SohoaError):
    """A carried file cannot be used; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Item:
    """One signature asked for: what the clerk is shown, and the DER of the signed attributes."""

    id: str
    doc_code: str
    name: str
    pages: int
    attributes: bytes

    def told(self) -> dict[str, Any]:
        """As the helper reads it."""
        encoded = base64.b64encode(self.attributes).decode()
        return {"id": self.id, "doc_code": self.doc_code, "name": self.name, "pages": self.pages, "attributes": encoded}


@dataclass(frozen=True, slots=True)
class Batch:
    """What is carried to one token."""

    id: str
    agency: str
    certificate: x509.Certificate
    items: tuple[Item, ...]

    @classmethod
    def of(cls, agency: str, certificate: x509.Certificate, items: Sequence[Item]) -> Batch:
        """A new batch; its random number makes its code one that nobody foresees."""
        return cls(secrets.token_hex(16), agency, certificate, tuple(items))

    def export(self) -> bytes:
        """The file; the same bytes each time."""
        told = {
            "sohoa_signer": VERSION, "id": self.id, "agency": self.agency, "expected": len(self.items),
            "certificate": base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode(),
            "items": [item.told() for item in self.items],
        }  # fmt: skip
        return json.dumps(told, ensure_ascii=False, indent=1).encode()

    @property
    def code(self) -> str:
        """What the station prints and the clerk types at the token: 80 bits of the file's SHA-256."""
        number = int.from_bytes(hashlib.sha256(self.export()).digest()[:10], "big")
        letters = "".join(_ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))
        return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


@dataclass(frozen=True, slots=True)
class Signed:
    """What came back.

    Attributes:
        signatures: by item, each verified.
        wrong: why an item has none, by item: `not-signed`, `bad-signature`, or the helper's own reason.
    """

    signatures: Mapping[str, bytes]
    wrong: Mapping[str, str]


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BatchError("not a file that sohoa-signer wrote: take the one it named at its end") from error
    if not isinstance(value, dict) or value.get("sohoa_signer") != VERSION:
        raise BatchError("not a file that this version of sohoa-signer wrote")
    return value


def _answers(told: Mapping[str, Any], key: str, value: str) -> dict[str, list[str]]:
    """What a list says of each id; all it says, so that two answers for one are seen."""
    found: dict[str, list[str]] = {}
    rows = told.get(key)
    for row in rows if isinstance(rows, list) else []:
        match row:
            case {"id": str(one), **more} if isinstance(text := more.get(value), str):
                found.setdefault(one, []).append(text)
    return found


def _signature(texts: Sequence[str]) -> bytes:
    if len(texts) != 1:  # none, or two that claim the same document
        return b""
    with contextlib.suppress(ValueError):
        return base64.b64decode(texts[0], validate=True)
    return b""


def read_signed(data: bytes, batch: Batch) -> Signed:
    """The signatures that a carried file brings for a batch.

    Raises:
        BatchError: it answers another batch, or the batch was not the one that left here.
    """
    told = _object(data)
    if told.get("id") != batch.id:
        raise BatchError("this file answers another batch")
    if told.get("batch_sha256") != hashlib.sha256(batch.export()).hexdigest():
        raise BatchError("the batch was changed on its way to the token: nothing of it is taken; carry it out again")
    signatures, reasons = _answers(told, "signatures", "signature"), _answers(told, "refused", "reason")
    good: dict[str, bytes] = {}
    wrong: dict[str, str] = {}
    for item in batch.items:
        signature = _signature(signatures.get(item.id, []))
        if signature and holds(batch.certificate, item.attributes, signature):
            good[item.id] = signature
        elif item.id in signatures:
            wrong[item.id] = "bad-signature"
        else:
            wrong[item.id] = reasons.get(item.id, ["not-signed"])[0][:40]
    return Signed(good, wrong)


class Away:
    """Batches that are away: each a folder with the file as it left, and with what is needed to finish each item.

    Args:
        folder: kept by the station, where no worker writes, e.g. `work/carried`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, batch: Batch, resume: Mapping[str, Mapping[str, Any]]) -> bytes:
        """Keep a batch, with what the caller needs to finish each item; the bytes to be carried.

        Raises:
            BatchError: it cannot be kept.
        """
        place = self._folder / batch.id
        data = batch.export()
        try:
            place.mkdir(parents=True)
            for item in batch.items:
                write_durably(_item_file(place, item.id), json.dumps(resume[item.id], ensure_ascii=False).encode())
            write_durably(place / "batch.json", data)
        except (OSError, DurableError) as error:
            raise BatchError(f"the batch cannot be kept in {place} ({type(error).__name__})") from error
        return data

    def back(self, data: bytes) -> tuple[Batch, Signed]:
        """The batch that a carried file answers, as it left, and what came back for the items not finished yet.

        Raises:
            BatchError: see `read_signed`; or no batch of this number is away: it was finished or given up.
        """
        if len(data) > _LARGEST:
            raise BatchError("not a file that sohoa-signer wrote: too large")
        one = _object(data).get("id")
        if not isinstance(one, str) or _ID.fullmatch(one) is None or not (self._folder / one / "batch.json").is_file():
            raise BatchError("no such batch is away: it was finished already, was given up, or is another station's")
        batch = load((self._folder / one / "batch.json").read_bytes())
        signed, left = read_signed(data, batch), self.left(batch)
        kept = {name: value for name, value in signed.signatures.items() if name in left}
        return batch, Signed(kept, {name: reason for name, reason in signed.wrong.items() if name in left})

    def left(self, batch: Batch) -> Mapping[str, Mapping[str, Any]]:
        """What the caller kept of each item that is not finished."""
        files = ((item.id, _item_file(self._folder / batch.id, item.id)) for item in batch.items)
        found = {}
        for one, path in files:
            with contextlib.suppress(OSError, ValueError):  # lost or damaged: that item is prepared anew
                found[one] = json.loads(path.read_bytes())
        return found

    def away(self) -> list[Batch]:
        """All batches that are not finished."""
        found = []
        for path in sorted(self._folder.glob("*/batch.json")):
            with contextlib.suppress(BatchError):
                found.append(load(path.read_bytes()))
        return found

    def close(self, batch: Batch, item: str) -> None:
        """An item is finished or given up; with the last one the batch is."""
        place = self._folder / batch.id
        _item_file(place, item).unlink(missing_ok=True)
        if not self.left(batch):
            (place / "batch.json").unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                place.rmdir()


def _item_file(place: Path, item: str) -> Path:
    return place / f"item-{hashlib.sha256(item.encode()).hexdigest()[:32]}.json"


def load(data: bytes) -> Batch:
    """A batch as `export` wrote it here.

    Raises:
        BatchError: it did not.
    """
    told = _object(data)
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(told["certificate"]))
        items = tuple(Item(**{**row, "attributes": base64.b64decode(row["attributes"])}) for row in told["items"])
        return Batch(told["id"], told["agency"], certificate, items)
    except (KeyError, TypeError, ValueError) as error:
        raise BatchError("a batch kept here is damaged") from error
