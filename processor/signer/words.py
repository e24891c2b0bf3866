"""What the helper says to the clerk, in Vietnamese; data only."""

from __future__ import annotations

from collections.abc import Mapping

REASONS: Mapping[str, str] = {
    "module": "Không nạp được thư viện PKCS#11 của USB Token. Kiểm tra đường dẫn --module và trình điều khiển Token.",
    "no-token": "Không thấy USB Token. Cắm Token vào máy rồi chạy lại.",
    "which-token": "Có nhiều Token đang cắm. Rút bớt, hoặc chỉ rõ bằng --token TÊN.",
    "pin-locked": "Token đã bị khóa hoặc mã PIN hết hiệu lực. Liên hệ đơn vị cấp chứng thư số để mở khóa.",
    "pin-final-try": "Token chỉ còn MỘT lần thử mã PIN; nhập sai nữa Token sẽ bị khóa. Dừng lại. "
    "Hãy đăng nhập đúng mã PIN một lần bằng phần mềm quản lý Token rồi chạy lại.",
    "pin-wrong": "Mã PIN SAI. Đã dừng, không thử lại để tránh khóa Token. Xem lại mã PIN rồi chạy lại từ đầu.",
    "no-pin": "Chưa nhập mã PIN. Đã dừng.",
    "pin-file": "Tệp mã PIN không đọc được, hoặc người khác cũng đọc được (Linux: chmod 600).",
    "no-certificate": "Token này không có chứng thư số của cơ quan mà trạm yêu cầu. Kiểm tra có cắm nhầm Token không.",
    "no-key": "Token không có khóa bí mật của chứng thư số này.",
    "which-key": "Token có nhiều khóa phù hợp. Chỉ rõ bằng --label TÊN_KHÓA.",
    "token-gone": "Mất liên lạc với Token (bị rút hoặc lỗi). Đã dừng; văn bản chưa ký vẫn chờ trên trạm.",
    "not-reached": "Không kết nối được với trạm. Kiểm tra mạng và địa chỉ --url.",
    "certificate": "Chứng thư TLS không hợp lệ (của trạm hoặc của máy này). KHÔNG tiếp tục; báo người quản trị.",
    "busy": "Trạm đang ký với một máy khác.",
    "no-session": "Trạm chưa mở phiên ký, hoặc phiên đã kết thúc.",
    "refused": "Trạm từ chối yêu cầu. Báo người quản trị.",
    "protocol": "Dữ liệu nhận được không đúng định dạng. KHÔNG ký; báo người quản trị.",
    "file": "Không đọc hoặc ghi được tệp.",
    "exists": "Tệp kết quả đã có. Xóa hoặc chọn tên khác (không ghi đè).",
    "code-wrong": "Mã lô KHÔNG khớp: tệp đã bị thay đổi hoặc nhầm tệp. KHÔNG ký. Xuất lại từ trạm; báo người quản trị.",
    "declined": "Văn thư không đồng ý ký.",
    "clerk-stopped": "Đã dừng theo yêu cầu.",
    "not-attributes": "KHÔNG KÝ: dữ liệu không phải thuộc tính ký của văn bản PDF.",
    "not-a-seal": "KHÔNG KÝ: dữ liệu thuộc loại khác, không phải chữ ký trên văn bản.",
    "wrong-digest": "KHÔNG KÝ: giá trị băm không phải SHA-256.",
    "wrong-certificate": "KHÔNG KÝ: yêu cầu dành cho chứng thư số khác.",
    "too-many": "KHÔNG KÝ: trạm yêu cầu nhiều chữ ký hơn số đã thông báo.",
    "changed": "KHÔNG KÝ: trạm đưa nội dung khác dưới cùng một số yêu cầu.",
}

ANNOUNCED = """
Cơ quan      : {agency}
Phiên / lô   : {id}
Chứng thư số : {subject}
               hết hạn {until}
Số chữ ký    : nhiều nhất {expected}
"""
ITEM = "{number:>4}/{expected}  {doc_code}  {name}  ({pages} trang)  SHA-256 {digest}"
ASK_CODE = "Nhập mã lô in trên màn hình trạm (ví dụ AB12-CD34-EF56-GH78): "
ASK_CONSENT = "Ký nhiều nhất {expected} chữ ký bằng chứng thư số nêu trên? (c = có / k = không): "
ASK_PIN = "Mã PIN của Token: "
READY = "Đã đăng nhập Token. Không rút Token cho đến khi kết thúc; để dừng bấm Ctrl-C."
DONE = "Kết thúc: đã ký {signed}, không ký {refused}."
WRITTEN = "Đã ghi {path}. Mang tệp này về trạm."
DESCRIPTION = "Ký số tại máy cắm USB Token cho trạm Sohoa."
YES = frozenset({"c", "có", "co", "y", "yes"})
