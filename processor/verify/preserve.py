"""Worker job `preserve`: makes a verified PDF last. Validation data of all signatures (DSS) and a document time-stamp go in as an
increment, so that it can be verified when its certificates and authorities are gone (PAdES B-LTA).

Promises: not one byte of the original changes; only the appended bytes are written, `cat original increment` is the lasting
file; it was verified offline, with nothing but itself, before this job says so. No level is lowered in silence.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asn1crypto import crl, ocsp, tsp
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.timestamps import TimestampRequestError
from pyhanko.sign.validation.dss import DocumentSecurityStore

from processor.errors import Verdict
from processor.seal.stamping import RemoteTimeStamper
from processor.verify.certificates import GARBAGE
from processor.verify.signatures import Verification
from processor.verify.structure import READING
from processor.worker import Ask

_RESERVED = 32768  # hexadecimal digits for a token: the national authority's is about 6 KiB
_LARGE_LIST = 1 << 19
_CHUNK = 1 << 20
_GONE = frozenset({"unreadable", "encrypted", "chain-unknown", "chain-broken", "stamp-untrusted"})
"""Reasons no validation data can help against."""


def _refuse(kind: str, body: bytes) -> bytes:
    raise Verdict("waiting-revocation", "offline")


def _looked(path: Path, args: Mapping[str, Any], ask: Ask) -> tuple[Verification, dict[str, Any]]:
    work = Verification({**args, "path": str(path)}, ask)
    return work, work.run()


def _kept(work: Verification) -> list[str]:
    """Which lists and answers prove the links: a list for each, an answer where there is none or it is large."""
    sizes = {datum.sha256: len(datum.der) for datum in work.gathered.data}
    chosen: dict[str, None] = {}
    for link in work.chains.links():
        said = sorted(link.statements, key=lambda s: (s.kind != "crl" or sizes[s.sha256] > _LARGE_LIST, -s.this_update.timestamp()))
        bound = [s for s in said if s.status != "unknown" and s.this_update <= work.now + dt.timedelta(minutes=1)]
        chosen |= dict.fromkeys(s.sha256 for s in bound[:1])
    return list(chosen)


def _add_store(path: Path, work: Verification) -> None:
    """The first increment: certificates, lists, answers; no VRI (PAdES does not ask for it)."""
    by_name = {datum.sha256: datum for datum in work.gathered.data}
    data = [by_name[name] for name in _kept(work)]
    with path.open("rb+") as file:
        writer = IncrementalPdfFileWriter(file, strict=False)
        DocumentSecurityStore.supply_dss_in_writer(
            writer, None,
            certs=[one.asn1 for one in work.chains.used.values()],
            crls=[crl.CertificateList.load(datum.der) for datum in data if datum.kind == "crl"],
            ocsps=[ocsp.OCSPResponse.load(datum.der) for datum in data if datum.kind == "ocsp"],
        )  # fmt: skip
        writer.write_in_place()


class _Clock(RemoteTimeStamper):
    """Remembers the moment of the latest token."""

    latest: dt.datetime | None = None

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """See `RemoteTimeStamper`."""
        response = await super().async_request_tsa_response(req)
        inner = response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
        self.latest = inner["gen_time"].native
        return response


def _extend(path: Path, work: Verification, stamper: _Clock) -> dt.datetime:
    """A token is asked for first: what proves its signer good goes in before the stamp that covers it. Returns the later time."""
    first = asyncio.run(stamper.async_timestamp(hashlib.sha256(work.path.name.encode()).digest(), "sha256"))
    work.learn(first["content"])
    _add_store(path, work)
    with path.open("rb+") as file:
        writer = IncrementalPdfFileWriter(file, strict=False)
        stamping = PdfTimeStamper(stamper).async_timestamp_pdf(writer, "sha256", in_place=True, bytes_reserved=_RESERVED)
        asyncio.run(stamping)
    return max(work.now, stamper.latest or work.now)


def _appended(original: Path, whole: Path, out: Path) -> None:
    """Write what was added; Verdict `evidence-impossible` if a byte of the original is not what it was."""
    with original.open("rb") as before, whole.open("rb") as after, out.open("wb") as increment:
        while chunk := before.read(_CHUNK):
            if after.read(len(chunk)) != chunk:
                raise Verdict("evidence-impossible", "the original's bytes changed")
        shutil.copyfileobj(after, increment)


def _check(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """The joined file, offline, must be as good as the original was online."""
    worse = set(after["reasons"]) - set(before["reasons"])
    if after["verdict"] != before["verdict"] or worse or after["signatures"][-1]["time"] != "proved":
        raise Verdict("evidence-impossible", f"offline: {after['verdict']} {sorted(worse)}"[:200])


def preserve(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: as `verify`, with `out`: where the increment is written.
        ask: answers `fetch` and `stamp`.

    Returns:
        `sha256` of the joined file, `bytes` of the increment, `report` of the joined file verified offline.

    Raises:
        Verdict: `waiting-tsa`; `waiting-revocation`: data is not to be had now; `evidence-impossible`: nothing signed here can be
            proved, or the file takes no increment.
    """
    path = Path(args["path"])
    work, before = _looked(path, args, ask)
    if before["verdict"] in {"invalid", "unsigned"} or _GONE & set(before["reasons"]):
        raise Verdict("evidence-impossible", f"{before['verdict']}: {', '.join(before['reasons'])}"[:200])
    if "revocation-unknown" in before["reasons"]:
        raise Verdict("waiting-revocation", "; ".join(work.gathered.refused.values())[:200])
    stamper = _Clock(ask, [one.asn1 for one in work.chains.roots], [one.asn1 for one in work.chains.pool])
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.pdf"
        shutil.copyfile(path, whole)
        try:
            now = _extend(whole, work, stamper)
        except TimestampRequestError as error:
            raise Verdict("waiting-tsa", type(error).__name__) from error
        except (SigningError, *READING, *GARBAGE) as error:
            raise Verdict("evidence-impossible", f"{type(error).__name__}: {error}"[:200]) from error
        _, after = _looked(whole, {**args, "now": now.isoformat()}, _refuse)
        _check(before, after)
        _appended(path, whole, Path(args["out"]))
        return {"sha256": after["sha256"], "bytes": whole.stat().st_size - path.stat().st_size, "report": after}
