#!/usr/bin/env python3
"""Kiểm tra bằng chứng: văn bản này có trong sổ nhật ký của kho lưu trữ. Chỉ cần Python và openssl, không cần mạng.

    python3 kiem-tra.py [--root CA.pem]... [--signer CERT.pem|SHA-256]... [--document FILE.pdf]

Checks the files beside it: that the document is the one of `entry.json`, that this entry is in the log whose head is `checkpoint`,
and who signed that head and when. --root: certificates that signature and time-stamp must lead to, had from those authorities.
--signer: certificates, one of which must have signed; without it the signer's name is told, and whether it is the agency's is for
the reader to see. Exit code: 0 it holds, 3 it does not. What was not checked is told, and is not good.
"""

from __future__ import annotations  # Python 3.9 is enough

import argparse
import base64
import datetime as dt
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TEXT, MOST = 1 << 16, 1 << 26  # bytes of an entry, a head, a path; of a signature, certificates, a list: what is larger is none


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def leads_to(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that a path leads to from a leaf (RFC 9162 §2.1.3.2); nothing where it does not fit."""
    place, last = index, size - 1
    for sibling in path:
        if last == 0:
            return b""
        if place % 2 or place == last:
            leaf = node(sibling, leaf)
            while place and not place % 2:
                place, last = place // 2, last // 2
        else:
            leaf = node(leaf, sibling)
        place, last = place // 2, last // 2
    return leaf if last == 0 and 0 <= index < size else b""


def read(path: Path, most: int = TEXT) -> bytes:
    """A file of the proof; a pipe or a device might never end, nor one that says it is larger than any disk."""
    if not path.is_file() or path.stat().st_size > most:
        raise ValueError(path)
    return path.read_bytes()


def answer(*words: object) -> subprocess.CompletedProcess[bytes]:
    """What `openssl` answers; what it is to read of the proof is read here first."""
    for word in words:
        if isinstance(word, Path) and word.parent == HERE:
            read(word, MOST)
    return subprocess.run(["openssl", *map(str, words)], capture_output=True, check=False)


def openssl(*words: object) -> bool:
    return answer(*words).returncode == 0


def told(*words: object) -> str:
    return answer(*words).stdout.decode(errors="replace")


def read_proof() -> tuple[int, list[bytes], str]:
    (found,) = HERE.glob("*.tlog-proof")
    above, checkpoint = read(found).decode().split("\n\n", 1)
    form, index, *hashes = above.split("\n")
    assert form == "c2sp.org/tlog-proof@v1"
    return int(index.split()[1]), [base64.b64decode(each) for each in hashes], checkpoint


def own_line(body: str, line: str, origin: str) -> bool:
    """The log's own signature (Ed25519) under its head."""
    _, name, coded = line.split(" ")
    with tempfile.TemporaryDirectory() as place:
        Path(place, "body").write_bytes(body.encode())
        Path(place, "line").write_bytes(base64.b64decode(coded)[4:])
        what = ("-in", f"{place}/body", "-sigfile", f"{place}/line")
        return name == origin and openssl("pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", HERE / "log-key.pem", *what)


def digests_of(pem: str) -> list[str]:
    """SHA-256 of certificates in PEM."""
    blocks = re.findall("-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", pem, re.DOTALL)
    return [hashlib.sha256(base64.b64decode(block)).hexdigest() for block in blocks]


def pinned(given: list[str]) -> set[str]:
    """SHA-256 of the certificates that --signer names, itself or in files; the empty text of a file that has none."""
    is_digest = re.compile("[0-9A-Fa-f:]{64,95}").fullmatch
    named = {each.replace(":", "").lower() for each in given if is_digest(each)}
    files = [Path(each) for each in given if not is_digest(each)]
    return named.union(*((path.is_file() and digests_of(path.read_text("latin-1"))) or [""] for path in files))


def certified(given: str) -> Path:
    """A file of certificates that is named on the command line: a slip there does not make the proof wrong."""
    if Path(given).is_file() and "BEGIN CERTIFICATE" in Path(given).read_text("latin-1"):
        return Path(given)
    raise argparse.ArgumentTypeError(f"{given}: không có chứng thư PEM")


def document_of(said: dict[str, Any], asked: Path | None) -> list[tuple[str, bool]]:
    """The document is the one that was filed, and no other lies beside it that could be taken for it."""
    name = f"{said['doc_code']}.pdf"
    assert said["type"] in ("filed", "adopted") and Path(name).name == name
    path = asked or HERE / name
    others = {each.name for each in HERE.iterdir() if re.search(r"[.]pdf\W*$", each.name, re.IGNORECASE)} - {name, path.name}
    found = [(f"không có tệp PDF nào khác bên cạnh: {shown(other)}", False) for other in sorted(others)]
    if not path.exists() and asked is None and (HERE / "DA-TIEU-HUY.txt").exists():
        print("CHƯA KIỂM TRA  văn bản: đã bị tiêu hủy hoặc loại bỏ theo quyết định, chỉ còn mục nhật ký")
        return found
    is_it = path.is_file() and path.stat().st_size == said["public"]["size"] and sha256(path) == said["public"]["sha256"]
    return [(f"văn bản đúng là văn bản đã lưu: {shown(path.name)}", is_it), *found]


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def shown(text: str) -> str:
    """Nothing that a terminal takes for an order."""
    return re.sub("[^ -~\u00a1-\u1eff]", "?", text)


def checks(roots: list[Path], signers: set[str], document: Path | None) -> list[tuple[str, bool]]:
    index, path, checkpoint = read_proof()
    entry = read(HERE / "entry.json")
    body, lines = checkpoint.split("\n\n", 1)
    origin, size, root = body.split("\n")
    leaf = hashlib.sha256(b"\0" + entry).digest()
    found = [
        *document_of(json.loads(entry), document),
        ("mục nhật ký có trong sổ", leads_to(leaf, index, int(size), path) == base64.b64decode(root)),
        ("sổ nhật ký đã ký đầu sổ", own_line(body + "\n", lines.split("\n")[0], origin)),
    ]
    with tempfile.TemporaryDirectory() as work:
        Path(work, "roots").write_bytes(b"\n".join(each.read_bytes() for each in roots))
        is_this = read(HERE / "checkpoint").decode() == checkpoint
        for name, title in (("checkpoint.p7s", "chữ ký số trên đầu sổ"), ("checkpoint.tsr", "dấu thời gian")):
            if not roots:
                print(f"CHƯA KIỂM TRA  {title}: " + ("thiếu --root" if (HERE / name).exists() else "chưa có"))
            elif not (HERE / name).exists():  # taken out, or not there yet: nobody outside vouches for this head
                found.append((f"{title}: chưa có", False))
            else:
                found.append((title, is_this and (signed(Path(work)) if name.endswith("p7s") else stamped(Path(work)))))
        if roots and all(holds for _, holds in found):
            found += unrevoked(Path(work))
        found += kept()
        if signers:
            who = Path(work, "who")
            found.append(("người ký là người nêu ở --signer", bool(who.exists() and signers & {*digests_of(who.read_text())})))
    return found


def signed(work: Path) -> bool:
    """Whether somebody under the roots signed the head; who it was is told, for anybody under a national root can sign."""
    head, name, who = HERE / "checkpoint", HERE / "checkpoint.p7s", work / "who"
    about = ("-content", head, "-purpose", "any", "-out", "/dev/null", "-certfile", HERE / "checkpoint.p7s.pem", "-signer", who)
    if not openssl("cms", "-verify", "-binary", "-inform", "DER", "-in", name, *about, "-CAfile", work / "roots", "-no_check_time"):
        who.unlink(missing_ok=True)
        return False
    for block in re.findall("-----BEGIN.*?-----END CERTIFICATE-----", who.read_text(), re.DOTALL):
        (work / "one").write_text(f"{block}\n")
        (digest,) = digests_of(block)
        subject = told("x509", "-in", work / "one", "-noout", "-nameopt", "RFC2253,-esc_msb,utf8", "-subject")
        print(f"NGƯỜI KÝ  {shown(subject.strip())}\n          SHA-256 của chứng thư: {digest}")
        print("          Hãy tự so tên này với tên cơ quan đã giao văn bản: chương trình không biết cơ quan là ai.")
    return True


def stamped(work: Path) -> bool:
    """Whether an authority under the roots time-stamped the head; when, is told."""
    name = HERE / "checkpoint.tsr"
    about = ("-data", HERE / "checkpoint", "-untrusted", HERE / "checkpoint.tsr.pem", "-CAfile", work / "roots", "-no_check_time")
    if not openssl("ts", "-verify", "-in", name, *about):
        return False
    signed_part = told("ts", "-reply", "-in", name, "-text").rpartition("TST info:")[2]  # before it anybody may say anything
    at = re.search("Time stamp: (.*)", signed_part)
    print(f"THỜI ĐIỂM  dấu thời gian: {shown(at[1]) if at else '?'}")
    return True


def kept() -> list[tuple[str, bool]]:
    """Revocation lists that came along are there, and are what their names say; those that are not."""
    found = list[tuple[str, bool]]()
    for listing in sorted(HERE.glob("*.lists")):
        for digest, name in (line.split("  ") for line in read(listing).decode("ascii").splitlines()):
            assert re.fullmatch("[0-9a-f]{64}", digest) and name == f"{digest}.crl"
            is_there = (HERE / name).is_file()
            if not is_there or hashlib.sha256(read(HERE / name, MOST)).hexdigest() != digest:
                found.append((f"danh sách thu hồi {'bị sửa' if is_there else 'bị thiếu'}: {name}", False))
    return found


def unrevoked(work: Path) -> list[tuple[str, bool]]:
    """Whether nobody who gave the time-stamp, nor an authority above, is on the lists that were kept of it."""
    listing, name = HERE / "checkpoint.tsr.lists", HERE / "checkpoint.tsr"
    lists = [HERE / line.split("  ")[1] for line in (read(listing).decode("ascii").splitlines() if listing.exists() else ())]
    text = "".join(told("crl", "-inform", "DER", "-in", each, "-lastupdate") for each in lists if each.is_file())  # and each in PEM
    issued = [dt.datetime.strptime(f"{each} +0000", "%b %d %H:%M:%S %Y %z") for each in re.findall("lastUpdate=(.*) GMT", text)]
    (work / "lists").write_text((work / "roots").read_text("latin-1") + text, "latin-1")
    trust = ("-untrusted", HERE / "checkpoint.tsr.pem", "-CAfile", work / "lists", "-crl_check_all")
    at = ("-attime", int(max(issued).timestamp())) if issued else ()
    done = answer("ts", "-verify", "-in", name, "-data", HERE / "checkpoint", *trust, *at)
    if done.returncode and b"certificate revoked" not in done.stderr:
        print("CHƯA KIỂM TRA  thu hồi: " + ("danh sách đi kèm không cho biết" if lists else "không có danh sách thu hồi đi kèm"))
        return []
    return [("người cấp dấu thời gian không bị thu hồi", not done.returncode)]


def main() -> int:
    parser = argparse.ArgumentParser(description="Kiểm tra bằng chứng lưu trữ.")
    parser.add_argument("--root", type=certified, action="append", default=[], help="chứng thư gốc tin cậy, PEM")
    parser.add_argument("--signer", action="append", default=[], help="chứng thư phải là của người ký, PEM, hoặc SHA-256 của nó")
    parser.add_argument("--document", type=Path, default=None, help="văn bản cần kiểm tra (mặc định: tệp PDF cạnh chương trình)")
    asked = parser.parse_args()
    try:
        signers = pinned(asked.signer)
        if "" in signers or (signers and not asked.root):
            parser.error("--signer: cần chứng thư PEM hoặc SHA-256 của nó, cùng với --root")
        found = checks(asked.root, signers, asked.document)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, MemoryError) as error:
        found = [(f"đọc được bằng chứng ({type(error).__name__})", False)]
    for title, holds in found:
        print(f"{'ĐÚNG' if holds else 'SAI '}  {title}")
    return 0 if all(holds for _, holds in found) else 3


if __name__ == "__main__":
    sys.exit(main())
