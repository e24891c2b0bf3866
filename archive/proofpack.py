"""A proof as one file to take away: the document, its entry, the path to a head, who signed that head and when, a checker."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path

from archive import heads
from archive.checkpoint import parsed
from archive.durable import is_plain
from archive.evidence import LISTS
from archive.proofs import Proof, Record

CHECKER, ADVICE, GONE = "kiem-tra.py", "HUONG-DAN.txt", "DA-TIEU-HUY.txt"
RECORD, OF_LISTS = ".ers", ".lists"
_NO_RECORD = Record()
_TEXT = """BẰNG CHỨNG LƯU TRỮ CỦA VĂN BẢN {code}

Tệp nén này cho phép bất kỳ ai kiểm tra, không cần mạng và không cần phần mềm của cơ quan, rằng:
  - văn bản {name} đúng từng byte là văn bản cơ quan đã lưu;
  - việc lưu văn bản là một mục (entry.json) của sổ nhật ký điện tử chỉ ghi thêm, không sửa được (RFC 6962);
  - đầu sổ (checkpoint) do sổ tự ký, được ký số (checkpoint.p7s) và có dấu thời gian (checkpoint.tsr).

Cách kiểm tra: giải nén, rồi chạy
    python3 {checker} --root chung-thu-goc.pem
trong đó chung-thu-goc.pem là chứng thư gốc của tổ chức chứng thực, lấy từ chính tổ chức đó (có thể ghi --root nhiều lần).
Chương trình in tên tệp đã kiểm tra, NGƯỜI KÝ và THỜI ĐIỂM. HÃY SO TÊN NGƯỜI KÝ VỚI TÊN CƠ QUAN: bất kỳ ai có chứng thư số dưới
cùng chứng thư gốc đều ký được, và chương trình không biết cơ quan nào đã giao văn bản cho quý vị. Khi đã có chứng thư của cơ quan,
hoặc SHA-256 của nó do cơ quan công bố, hãy thêm --signer chung-thu-co-quan.pem (hoặc --signer SHA-256).

Kiểm tra bằng tay:
    sha256sum {name}                     (phải bằng "sha256" trong entry.json)
    openssl cms -verify -binary -inform DER -in checkpoint.p7s -content checkpoint -CAfile chung-thu-goc.pem \\
        -certfile checkpoint.p7s.pem -purpose any -out /dev/null
    openssl ts -verify -data checkpoint -in checkpoint.tsr -CAfile chung-thu-goc.pem -untrusted checkpoint.tsr.pem
Khi chứng thư đã hết hạn, thêm -attime với một thời điểm trong thời hạn của nó (giây từ năm 1970).
Nếu có checkpoint.tsr.lists (danh sách thu hồi của tổ chức cấp dấu thời gian, đã lưu cùng dấu): không danh sách nào thiếu
hay bị sửa, và người cấp dấu không bị thu hồi:
    sha256sum -c checkpoint.tsr.lists
    cut -c67- checkpoint.tsr.lists | while read -r f; do openssl crl -inform DER -in "$f"; done > thu-hoi.pem
    cat chung-thu-goc.pem thu-hoi.pem > goc-va-thu-hoi.pem
    luc=$(date -d "$(openssl crl -in thu-hoi.pem -noout -lastupdate | cut -d= -f2)" +%s)
    openssl ts -verify -data checkpoint -in checkpoint.tsr -CAfile goc-va-thu-hoi.pem -untrusted checkpoint.tsr.pem \\
        -crl_check_all -attime $luc
Kết quả tốt là "Verification: OK"; "certificate revoked" là đã bị thu hồi. Khi có nhiều danh sách, luc phải nằm trong thời hạn
của tất cả (openssl crl -noout -lastupdate -nextupdate).

Đường từ mục nhật ký đến đầu sổ ở {proof} (dạng c2sp.org/tlog-proof, đọc được bằng công cụ khác).
{name}.ers, nếu có, là hồ sơ bằng chứng (Evidence Record, RFC 4998) của tệp PDF: phần mềm kiểm tra chữ ký số nào hỗ trợ
RFC 4998 (ví dụ EU DSS) đều đọc được; nó vẫn có giá trị khi chứng thư của dấu thời gian ban đầu đã hết hạn và được gia hạn.
Khi cơ quan giám sát bên ngoài giữ đầu sổ khác của cùng sổ này, có thể đối chiếu để biết sổ không bị viết lại.
"""
_GONE = """Văn bản {code} đã được tiêu hủy hoặc loại khỏi kho lưu trữ theo quyết định; tệp không còn.
Mục nhật ký (entry.json) vẫn còn và chứng minh rằng văn bản đã từng được lưu, với mã băm ghi trong mục đó.
"""


def packed(root: Path, proof: Proof, record: Record = _NO_RECORD) -> bytes:
    """The zip.

    Args:
        root: the archive.
        proof: of the document.
        record: of its PDF.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in _members(root, proof, record):
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def _members(root: Path, proof: Proof, record: Record) -> Iterator[tuple[str, bytes]]:
    code, folder = proof.row["doc_code"], proof.head.folder
    name, told = f"{code}.pdf", f"{code}.tlog-proof"
    if proof.row["path"] is None:
        yield GONE, b"\xef\xbb\xbf" + _GONE.format(code=code).replace("\n", "\r\n").encode()
    else:
        yield name, (root / proof.row["path"]).read_bytes()
    if record.data:
        yield f"{name}{RECORD}", record.data
    yield from _lists(root, {heads.TOKEN: proof.lists, f"{name}{RECORD}": record.lists})
    yield "entry.json", proof.entry
    yield told, proof.text().encode()
    for each in (heads.CHECKPOINT, heads.SIGNATURE, f"{heads.SIGNATURE}.pem", heads.TOKEN, f"{heads.TOKEN}.pem"):
        if (folder / each).exists():
            yield each, (folder / each).read_bytes()
    line = parsed((folder / heads.CHECKPOINT).read_text("utf-8")).lines[0]
    yield "log-key.pem", (root / heads.LOG / heads.KEYS / f"{line.id.hex()}.pem").read_bytes()
    yield CHECKER, resources.files("archive").joinpath("verify_proof.py").read_bytes()
    advice = _TEXT.format(code=code, name=name, proof=told, checker=CHECKER)
    yield ADVICE, b"\xef\xbb\xbf" + advice.replace("\n", "\r\n").encode()


def _lists(root: Path, of: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, bytes]]:
    """Revocation lists, each once, and beside each member whose authorities they are of their names, as `sha256sum` reads them.

    One that is lost stays named: whoever checks is told that it is missing.
    """
    for member, digests in of.items():
        if digests:
            yield f"{member}{OF_LISTS}", "".join(f"{digest}  {digest}.crl\n" for digest in digests).encode()
    for digest in sorted(set[str]().union(*of.values())):
        path = root / heads.LOG / LISTS / f"{digest}.crl"
        if is_plain(path):
            yield path.name, path.read_bytes()
