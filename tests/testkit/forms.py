"""The 27 abbreviated kinds of NĐ 30 (PL III mục I) and công văn: subject and form of each.

PURE data. A form is a row of blocks `style|text`. Styles: `plain`, `basis` (italic), `lead` (article or
point number bold), `bold`, `centre` (bold, centred). `letters` expands `bases`, `proposal`, `articles`,
`points` and `more`, numbers `{n}` articles and fills the other braces.
"""

from __future__ import annotations

from tests.testkit.phrases import Kind

_PLAN = (
    "plain|Thực hiện chương trình công tác năm {year}, để {matter} đạt kết quả thiết thực, {organ} ban "
    "hành {kind} với những "
    "nội dung sau đây:",
    "bold|I. MỤC ĐÍCH, YÊU CẦU",
    "plain|Nâng cao nhận thức, trách nhiệm của các cấp, các ngành và nhân dân; việc tổ chức phải bám sát "
    "thực tế, rõ người, "
    "rõ việc, rõ thời gian, rõ kết quả, tránh phô trương, hình thức.",
    "bold|II. NỘI DUNG THỰC HIỆN",
    "points",
    "bold|III. TỔ CHỨC THỰC HIỆN",
    "more",
    "plain|Trên đây là {kind} của {organ}; trong quá trình thực hiện nếu có vướng mắc, các đơn vị phản ánh "
    "kịp thời để được "
    "hướng dẫn, tháo gỡ.",
)
_RULES = (
    "centre|Chương I\nQUY ĐỊNH CHUNG",
    "lead|Điều {n}. Phạm vi điều chỉnh và đối tượng áp dụng",
    "plain|Văn bản này quy định nguyên tắc, trách nhiệm và trình tự thực hiện {matter}; áp dụng đối với "
    "mọi tổ chức, cá nhân "
    "có liên quan thuộc phạm vi quản lý của {organ}.",
    "centre|Chương II\nQUY ĐỊNH CỤ THỂ",
    "articles",
    "centre|Chương III\nĐIỀU KHOẢN THI HÀNH",
    "plain|Các phòng, đơn vị và cá nhân có liên quan chịu trách nhiệm thi hành; những quy định trước đây "
    "trái với văn bản này "
    "đều bãi bỏ.",
)
_PARTIES = (
    "plain|Hôm nay, ngày {date}, tại trụ sở {organ}, chúng tôi gồm có:",
    "bold|BÊN A: {organ_upper}",
    "plain|Đại diện: ông {signer}, chức vụ: {position}. Địa chỉ: số 27 đường Kỳ Đồng Mới, {place}. Điện "
    "thoại: 0200 3799 186.",
    "bold|BÊN B: CÔNG TY TRÁCH NHIỆM HỮU HẠN THIẾT BỊ VĂN PHÒNG {company}",
    "plain|Đại diện: bà {person}, chức vụ: Giám đốc. Mã số thuế: 0299 486 175. Tài khoản mở tại Ngân hàng "
    "Quỹ tiết kiệm {place}.",
    "plain|Hai bên đã trao đổi, thỏa thuận và cùng nhau thống nhất các điều khoản sau đây:",
    "articles",
    "plain|Văn bản được lập thành 04 bản có giá trị như nhau, mỗi bên giữ 02 bản và có hiệu lực kể từ ngày "
    "ký.",
)

KINDS = (
    Kind(None, "", "triển khai {matter}", (
        "plain|Thực hiện ý kiến chỉ đạo của cấp trên tại Thông báo số {other}/TB-{unit} ngày {earlier} về "
        "{matter}, {organ} đề "
        "nghị các cơ quan, đơn vị tập trung thực hiện tốt một số nội dung sau:",
        "points", "more",
        "plain|Nhận được văn bản này, yêu cầu các đơn vị nghiêm túc thực hiện; kết quả gửi về {organ} "
        "trước ngày {later_date} để "
        "tổng hợp, báo cáo theo quy định.",
    ), addressed=True),
    Kind("Nghị quyết", "NQ", "Về nhiệm vụ trọng tâm {matter}", (
        "centre|{organ_upper}", "bases", "plain|Xét Tờ trình số {other}/TTr-UBND ngày {earlier}; báo cáo "
        "thẩm tra và ý kiến thảo "
        "luận của các đại biểu tại kỳ họp.", "centre|QUYẾT NGHỊ:", "articles",
        "plain|Nghị quyết này đã được thông qua tại kỳ họp thường lệ và có hiệu lực kể từ ngày {date}.",
    )),
    Kind("Quyết định", "QĐ", "Về việc ban hành Kế hoạch {matter}", (
        "centre|{decider}", "bases", "proposal", "centre|QUYẾT ĐỊNH:", "articles",
        "lead|Điều {n}. Chánh Văn phòng, Trưởng các phòng, ban, đơn vị trực thuộc và các tổ chức, cá "
        "nhân có liên quan chịu "
        "trách nhiệm thi hành Quyết định này kể từ ngày ký.",
    )),
    Kind("Chỉ thị", "CT", "Về việc tăng cường {matter}", (
        "plain|Thời gian qua, {matter} đã có chuyển biến rõ nét; tuy vậy ở một số nơi còn chủ quan, lỏng "
        "lẻo, kết quả chưa đồng "
        "đều. Để khắc phục những hạn chế nêu trên, {organ} chỉ thị:", "points", "more",
        "plain|Yêu cầu thủ trưởng các đơn vị tổ chức quán triệt và thực hiện nghiêm Chỉ thị này.",
    )),
    Kind("Quy chế", "QC", "Phối hợp thực hiện {matter}", _RULES),
    Kind("Quy định", "QyĐ", "Về trình tự, trách nhiệm thực hiện {matter}", _RULES),
    Kind("Thông cáo", "TC", "Về kết quả bước đầu của {matter}", (
        "plain|Ngày {earlier}, {organ} đã họp, đánh giá kết quả bước đầu của {matter}. {organ} thông cáo "
        "để nhân dân được biết:",
        "points",
        "plain|Mọi ý kiến đóng góp, phản ánh xin gửi về trụ sở {organ} trong giờ hành chính.",
    )),
    Kind("Thông báo", "TB", "Kết luận cuộc họp về {matter}", (
        "plain|Ngày {earlier}, tại phòng họp số 2, ông {person} đã chủ trì cuộc họp nghe báo cáo về "
        "{matter}. Sau khi nghe ý kiến "
        "của các đại biểu dự họp, người chủ trì kết luận như sau:", "points", "more",
        "plain|{organ} thông báo để các đơn vị biết, thực hiện.",
    )),
    Kind("Hướng dẫn", "HD", "Thực hiện {matter}", (
        "bases", "plain|{organ} hướng dẫn một số nội dung cụ thể như sau:", "points", "more",
        "plain|Trong quá trình thực hiện nếu gặp vướng mắc, đề nghị phản ánh bằng văn bản để được giải đáp.",
    )),
    Kind("Chương trình", "CTr", "Hành động thực hiện {matter}", _PLAN),
    Kind("Kế hoạch", "KH", "Triển khai {matter}", _PLAN),
    Kind("Phương án", "PA", "Bảo đảm nhân lực, phương tiện phục vụ {matter}", _PLAN),
    Kind("Đề án", "ĐA", "Nâng cao chất lượng {matter}", _PLAN),
    Kind("Dự án", "DA", "Mua sắm trang thiết bị phục vụ {matter}", _PLAN),
    Kind("Báo cáo", "BC", "Kết quả thực hiện {matter}", (
        "plain|Thực hiện Công văn số {other}/{unit} ngày {earlier}, {organ} báo cáo kết quả thực hiện "
        "{matter} như sau:",
        "bold|I. KẾT QUẢ ĐẠT ĐƯỢC",
        "plain|Trong kỳ, cơ quan đã tiếp nhận 1.248 văn bản, giải quyết đúng hạn 1.227 văn bản, đạt 98,3%; "
        "tăng 6,5% so với cùng "
        "kỳ năm trước. Kinh phí đã sử dụng là 186.750.000 đồng trên tổng dự toán 240.000.000 đồng.",
        "points", "bold|II. TỒN TẠI, HẠN CHẾ VÀ NGUYÊN NHÂN",
        "plain|Một số bộ phận còn lúng túng, sự phối hợp có lúc thiếu nhịp nhàng; máy móc cũ kỹ, hay hỏng "
        "hóc; nhân lực mỏng, "
        "phải kiêm nhiệm nhiều việc.", "bold|III. PHƯƠNG HƯỚNG, NHIỆM VỤ THỜI GIAN TỚI", "more",
        "plain|Trên đây là báo cáo của {organ}, kính trình cấp trên xem xét.",
    ), addressed=True),
    Kind("Biên bản", "BB", "Họp đánh giá {matter}", (
        "plain|Thời gian bắt đầu: 08 giờ 00 phút, ngày {date}.", "plain|Địa điểm: phòng họp trụ sở {organ}.",
        "plain|Thành phần tham dự: ông {signer}, {position}, chủ trì; bà {person}, thư ký; cùng 17 đại "
        "biểu có mặt, vắng 02 có lý do.",
        "bold|Nội dung:", "points",
        "plain|Các thành viên biểu quyết nhất trí một trăm phần trăm. Biên bản được đọc lại cho mọi người "
        "cùng nghe và ký tên.",
        "plain|Cuộc họp kết thúc vào 11 giờ 15 phút cùng ngày.",
    )),
    Kind("Tờ trình", "TTr", "Về việc đề nghị phê duyệt kinh phí thực hiện {matter}", (
        "plain|Căn cứ nhiệm vụ được giao và tình hình thực tế, {organ} kính trình xem xét, phê duyệt kinh "
        "phí thực hiện {matter}, "
        "cụ thể như sau:", "points",
        "plain|Tổng kinh phí đề nghị: 312.400.000 đồng (bằng chữ: ba trăm mười hai triệu bốn trăm nghìn "
        "đồng chẵn), gồm kinh phí "
        "tự chủ 92.400.000 đồng và kinh phí bổ sung 220.000.000 đồng.", "plain|Kính đề nghị xem xét, quyết "
        "định.",
    ), addressed=True),
    Kind("Hợp đồng", "HĐ", "Về việc cung cấp thiết bị phục vụ {matter}", _PARTIES),
    Kind("Công điện", "CĐ", "Về việc tập trung thực hiện {matter}", (
        "bold|{organ_upper} ĐIỆN:", "plain|Trưởng các phòng, ban, đơn vị trực thuộc; trưởng các thôn, tổ "
        "dân phố trên địa bàn.",
        "plain|Trước diễn biến nhanh, phức tạp của tình hình, để chủ động {matter}, yêu cầu các đơn vị "
        "thực hiện ngay:", "points",
        "plain|Nhận được Công điện này, yêu cầu triển khai khẩn trương, báo cáo kết quả trước 17 giờ hằng "
        "ngày.",
    )),
    Kind("Bản ghi nhớ", "BGN", "Hợp tác thực hiện {matter}", _PARTIES),
    Kind("Bản thỏa thuận", "BTT", "Phối hợp thực hiện {matter}", _PARTIES),
    Kind("Giấy ủy quyền", "GUQ", "", (
        "plain|{organ} ủy quyền cho bà {person}, chuyên viên, số căn cước 099 187 000 486, thay mặt cơ "
        "quan giải quyết các thủ tục "
        "liên quan đến {matter}.", "plain|Thời hạn ủy quyền: từ ngày {date} đến hết ngày {later_date}. "
        "Người được ủy quyền không "
        "được ủy quyền lại cho người khác.",
    )),
    Kind("Giấy mời", "GM", "Họp bàn về {matter}", (
        "plain|{organ} trân trọng kính mời: Ông (Bà) {person}", "plain|Tới dự: Cuộc họp bàn về {matter}.",
        "plain|Chủ trì: ông {signer}, {position}.", "plain|Thời gian: 14 giờ 00 phút, ngày {later_date}.",
        "plain|Địa điểm: Hội trường tầng 2, trụ sở {organ}. Đề nghị Ông (Bà) chuẩn bị ý kiến, đến dự đúng "
        "giờ để cuộc họp đạt kết "
        "quả tốt đẹp.",
    )),
    Kind("Giấy giới thiệu", "GGT", "", (
        "plain|{organ} trân trọng giới thiệu: Ông (Bà) {person}", "plain|Chức vụ: Chuyên viên phụ trách "
        "văn thư, lưu trữ.",
        "plain|Được cử đến: Trung tâm Lưu trữ lịch sử để liên hệ khai thác tài liệu phục vụ {matter}.",
        "plain|Đề nghị quý cơ quan tạo điều kiện giúp đỡ để Ông (Bà) hoàn thành nhiệm vụ. Giấy này có giá "
        "trị đến hết ngày {later_date}.",
    )),
    Kind("Giấy nghỉ phép", "GNP", "", (
        "plain|Xét Đơn đề nghị nghỉ phép ngày {earlier} của Ông (Bà) {person}, {organ} cấp cho:",
        "plain|Ông (Bà): {person}",
        "plain|Chức vụ: Kế toán viên. Được nghỉ phép trong thời gian 05 ngày, kể từ ngày {date} tại quê nhà.",
        "plain|Số ngày nghỉ phép nêu trên được tính vào thời gian nghỉ hằng năm.",
    )),
    Kind("Phiếu gửi", "PG", "", (
        "plain|{organ} gửi kèm theo Phiếu này các văn bản, tài liệu sau:", "plain|1. Hồ sơ về {matter} (01 "
        "tập, 37 tờ).",
        "plain|2. Bảng kê chi tiết kèm theo (02 bản).", "plain|Sau khi nhận được, đề nghị quý cơ quan gửi "
        "lại Phiếu này cho chúng tôi.",
    ), addressed=True),
    Kind("Phiếu chuyển", "PC", "", (
        "plain|Ngày {earlier}, {organ} có nhận được đơn kiến nghị của ông {person} về {matter}.",
        "plain|Sau khi xem xét, thấy nội dung thuộc thẩm quyền giải quyết của quý cơ quan, {organ} chuyển "
        "đơn kèm tài liệu để quý cơ "
        "quan giải quyết theo quy định của pháp luật.",
    ), addressed=True),
    Kind("Phiếu báo", "PB", "Về việc tiếp nhận hồ sơ", (
        "plain|{organ} báo để Ông (Bà) {person} biết: hồ sơ về {matter} đã được tiếp nhận ngày {earlier}, "
        "đang trong thời gian thẩm tra.",
        "plain|Ngày hẹn trả kết quả: {later_date}. Khi đến nhận kết quả, đề nghị mang theo căn cước và "
        "giấy hẹn này.",
    )),
)
