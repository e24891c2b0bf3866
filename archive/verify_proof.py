#!/usr/bin/env python3
"""Kiểm tra bằng chứng: văn bản này có trong sổ nhật ký của kho lưu trữ. Chỉ cần Python và openssl, không cần mạng.

    python3 kiem-tra.py [--root CA.pem]... [--document FILE.pdf]

Checks the files beside it: that the document is the one of `entry.json`, that this entry is in the log whose head is `checkpoint`,
and who signed that head and when. --root: certificates that signature and time-stamp must lead to, had from those authorities.
Exit code: 0 it holds, 3 it does not. What was not checked is told, and is not good.
"""

import argparse
import base64
import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


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


def openssl(*words: object) -> bool:
    return subprocess.run(["openssl", *map(str, words)], capture_output=True, check=False).returncode == 0


def read_proof() -> tuple[int, list[bytes], str]:
    (found,) = HERE.glob("*.tlog-proof")
    above, checkpoint = found.read_text("utf-8").split("\n\n", 1)
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


def checks(roots: list[Path], document: Path | None) -> list[tuple[str, bool]]:
    index, path, checkpoint = read_proof()
    entry = (HERE / "entry.json").read_bytes()
    body, lines = checkpoint.split("\n\n", 1)
    origin, size, root = body.split("\n")
    said = json.loads(entry)
    leaf = hashlib.sha256(b"\0" + entry).digest()
    found = [] if document is None else [
        ("văn bản đúng là văn bản đã lưu", hashlib.sha256(document.read_bytes()).hexdigest() == said["public"]["sha256"])]
    if document is None:
        print("CHƯA KIỂM TRA  văn bản: đã bị tiêu hủy hoặc loại bỏ theo quyết định, chỉ còn mục nhật ký")
    found += [
        ("mục nhật ký có trong sổ", leads_to(leaf, index, int(size), path) == base64.b64decode(root)),
        ("sổ nhật ký đã ký đầu sổ", own_line(body + "\n", lines.split("\n")[0], origin)),
    ]
    with tempfile.NamedTemporaryFile(suffix=".pem") as trusted:
        trusted.write(b"".join(each.read_bytes() for each in roots))
        trusted.flush()
        head = HERE / "checkpoint"
        is_this = head.read_text("utf-8") == checkpoint
        cms = ("cms", "-verify", "-binary", "-inform", "DER", "-content", head, "-purpose", "any", "-out", "/dev/null", "-certfile")
        ts = ("ts", "-verify", "-data", head, "-untrusted")
        for name, title, verb in (("checkpoint.p7s", "chữ ký của cơ quan", cms), ("checkpoint.tsr", "dấu thời gian", ts)):
            if not (HERE / name).exists() or not roots:
                print(f"CHƯA KIỂM TRA  {title}: " + ("thiếu --root" if (HERE / name).exists() else "chưa có"))
                continue
            about = ("-in", HERE / name, "-CAfile", trusted.name, "-no_check_time")
            found.append((title, is_this and openssl(*verb, HERE / f"{name}.pem", *about)))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Kiểm tra bằng chứng lưu trữ.")
    parser.add_argument("--root", type=Path, action="append", default=[], help="chứng thư gốc tin cậy, PEM")
    parser.add_argument("--document", type=Path, default=None, help="văn bản cần kiểm tra (mặc định: tệp PDF cạnh chương trình)")
    asked = parser.parse_args()
    try:
        removed = (HERE / "DA-TIEU-HUY.txt").exists()
        found = checks(asked.root, asked.document or (None if removed else next(HERE.glob("*.pdf"))))
    except (OSError, ValueError, KeyError, TypeError, AssertionError, StopIteration) as error:
        found = [(f"đọc được bằng chứng ({type(error).__name__})", False)]
    for title, holds in found:
        print(f"{'ĐÚNG' if holds else 'SAI '}  {title}")
    return 0 if all(holds for _, holds in found) else 3


if __name__ == "__main__":
    sys.exit(main())
