"""The words of the made-up letters: places, people, agencies, topics and the form of each of the 29 kinds.

PURE data. Every place, person and school is invented; acts are quoted only by their general titles.
A form is a row of blocks `style|text`; `letters.letter` fills the braces and expands the rest (see `forms`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agency:
    """An issuing agency: how its heading, notation, signature and seal are written."""

    parent: str
    name: str
    abbreviation: str
    head: str
    deputy: str
    units: tuple[str, ...]
    collective: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document (NĐ 30 Đ7, PL III mục I): its name, abbreviation, subject and form."""

    name: str | None
    abbreviation: str
    subject: str
    form: tuple[str, ...]
    addressed: bool = False


@dataclass(frozen=True, slots=True)
class Topic:
    """What a letter is about."""

    matter: str
    points: tuple[str, ...]


PROVINCES = ("Sơn Giang", "Hải Thịnh", "Lam Xuyên", "An Lộc", "Đồng Quế", "Phước Ninh", "Thạch Lũng",
"Vĩnh Sa")
COMMUNES = (
    "xã Đông Khê", "xã Yên Thượng", "xã Phước Mỹ", "xã Cẩm Thạch", "xã Ia Rvê Hạ", "xã Mỹ Đỗ",
    "phường Tân Quý", "phường Lộc Vượng", "phường Nghĩa Trũng", "phường Bình Nhẫn", "phường Hữu Thủy",
)
SCHOOLS = ("Nguyễn Thiện Lương", "Trần Quốc Hiển", "Kỳ Sơn", "Đoàn Hữu Trưng", "Sao Khuê", "Vũ Thế Lộc")
FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý",
"Kiều", "Y")
MIDDLE = ("Văn", "Thị", "Đức", "Hữu", "Minh", "Thế", "Ngọc", "Quốc", "Thanh", "Xuân", "Kỳ", "Mỹ", "Bảo")
GIVEN = (
    "Hạnh", "Dũng", "Tuấn", "Lệ", "Thủy", "Phượng", "Quyền", "Nghĩa", "Hải", "Đạt", "Ngữ", "Sỹ", "Thắng",
    "Duyên", "Khoẻ", "Trọng", "Cường", "Hòa", "Ái", "Bằng", "Thiện", "Vỹ", "Niềm", "Hậu",
)

_CHAIR, _DIRECTOR = ("Chủ tịch", "Phó Chủ tịch"), ("Giám đốc", "Phó Giám đốc")
_CHIEF, _MASTER = ("Trưởng phòng", "Phó Trưởng phòng"), ("Hiệu trưởng", "Phó Hiệu trưởng")
_PROVINCE_UNITS, _COMMUNE_UNITS = ("VX", "KT", "NC", "TH"), ("VP", "KT", "VHXH")
_COMMITTEE, _COUNCIL = "Ủy ban nhân dân", "Hội đồng nhân dân"
_OF_PROVINCE, _OF_COMMUNE = "UBND tỉnh {province}", "UBND {commune}"
_SECONDARY = "Trường Trung học phổ thông {school}"

# Each with the place its letters are dated from; a kind that only councils issue takes from the second table.
AGENCIES = (
    (Agency("", f"{_COMMITTEE} tỉnh {{province}}", "UBND", *_CHAIR, _PROVINCE_UNITS, _COMMITTEE), "{province}"),
    (Agency("", f"{_COMMITTEE} tỉnh {{province}}", "UBND", *_CHAIR, _PROVINCE_UNITS, _COMMITTEE), "{province}"),
    (Agency("", f"{_COMMITTEE} {{commune}}", "UBND", *_CHAIR, _COMMUNE_UNITS, _COMMITTEE), "{home}"),
    (Agency("", f"{_COMMITTEE} {{commune}}", "UBND", *_CHAIR, _COMMUNE_UNITS, _COMMITTEE), "{home}"),
    (Agency("", f"{_COMMITTEE} {{commune}}", "UBND", *_CHAIR, _COMMUNE_UNITS, _COMMITTEE), "{home}"),
    (Agency(_OF_PROVINCE, "Sở Nội vụ", "SNV", *_DIRECTOR, ("VP", "TCBC", "CCHC")), "{province}"),
    (Agency(_OF_PROVINCE, "Sở Y tế", "SYT", *_DIRECTOR, ("VP", "NVY", "KHTC")), "{province}"),
    (Agency(_OF_PROVINCE, "Sở Giáo dục và Đào tạo", "SGDĐT", *_DIRECTOR, ("VP", "GDTrH", "TCCB")), "{province}"),
    (Agency(_OF_PROVINCE, "Sở Nông nghiệp và Môi trường", "SNNMT", *_DIRECTOR, ("VP", "QLĐĐ")), "{province}"),
    (Agency(_OF_PROVINCE, "Sở Khoa học và Công nghệ", "SKHCN", *_DIRECTOR, ("VP", "CĐS")), "{province}"),
    (Agency(_OF_PROVINCE, "Sở Tài chính", "STC", *_DIRECTOR, ("VP", "QLNS", "TĐKT")), "{province}"),
    (Agency("Sở Y tế", "Trung tâm Y tế khu vực {home}", "TTYT", *_DIRECTOR, ("TCHC", "KSBT")), "{home}"),
    (Agency(_OF_COMMUNE, "Phòng Văn hóa - Xã hội", "PVHXH", *_CHIEF, ("VHXH",)), "{home}"),
    (Agency(_OF_COMMUNE, "Phòng Kinh tế", "PKT", *_CHIEF, ("KT",)), "{home}"),
    (Agency(_OF_COMMUNE, "Trung tâm Phục vụ hành chính công", "TTPVHCC", *_DIRECTOR, ("TH",)), "{home}"),
    (Agency(_OF_COMMUNE, "Trường Tiểu học {school}", "THS", *_MASTER, ("CM",)), "{home}"),
    (Agency("Sở Giáo dục và Đào tạo", _SECONDARY, "THPT", *_MASTER, ("VP", "CM")), "{province}"),
)
COUNCILS = (
    (Agency("", f"{_COUNCIL} tỉnh {{province}}", "HĐND", *_CHAIR, _PROVINCE_UNITS, _COUNCIL), "{province}"),
    (Agency("", f"{_COUNCIL} {{commune}}", "HĐND", *_CHAIR, _COMMUNE_UNITS, _COUNCIL), "{home}"),
)

BASES = (
    "Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025;",
    "Căn cứ Luật Lưu trữ ngày 21 tháng 6 năm 2024;",
    "Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư;",
    "Căn cứ Luật Ngân sách nhà nước ngày 25 tháng 6 năm 2025;",
    "Căn cứ Quy chế làm việc của cơ quan và nhiệm vụ được giao trong năm {year};",
    "Trên cơ sở biên bản họp ngày {earlier} và ý kiến thống nhất của các thành viên;",
)
PROPOSAL = "Theo đề nghị của {proposer} tại Tờ trình số {other}/TTr-{unit} ngày {earlier}."

TOPICS = (
    Topic("công tác phòng cháy, chữa cháy rừng mùa khô năm {year}", (
        "Rà soát, bổ sung phương án chữa cháy theo phương châm bốn tại chỗ; kiểm tra các chòi canh, đường "
        "băng cản lửa, "
        "bể chứa nước và dụng cụ chữa cháy, bảo đảm sẵn sàng huy động khi có tình huống xấu xảy ra.",
        "Ký cam kết bảo vệ rừng với từng hộ dân sống ven rừng; hướng dẫn việc đốt dọn thực bì đúng giờ, "
        "đúng kỹ thuật, có "
        "người canh gác và không để lửa cháy lan vào rừng.",
        "Trong những ngày nắng nóng cấp IV, cấp V, tổ chức trực hai mươi bốn giờ, báo cáo nhanh diễn biến "
        "trước 16 giờ 30 "
        "hằng ngày về cơ quan thường trực.",
    )),
    Topic("số hóa tài liệu lưu trữ giai đoạn {year} - {later}", (
        "Thống kê, phân loại toàn bộ hồ sơ giấy đang bảo quản tại kho; ưu tiên số hóa trước hồ sơ đất đai, "
        "hộ tịch, tổ chức "
        "bộ máy và những tài liệu đã ố vàng, rách mép, mờ chữ.",
        "Mỗi hồ sơ sau khi quét phải được kiểm tra đủ số tờ, đúng thứ tự, không nghiêng lệch; trang quét "
        "hỏng phải quét lại "
        "ngay trong ngày và ghi rõ vào sổ theo dõi.",
        "Bản số hóa được ký số của cơ quan, lưu tối thiểu hai bộ trên hai phương tiện độc lập; định kỳ sáu "
        "tháng một lần kiểm "
        "tra khả năng đọc và tính toàn vẹn của dữ liệu.",
    )),
    Topic("cải cách thủ tục hành chính và chuyển đổi số năm {year}", (
        "Công khai đầy đủ danh mục thủ tục, thành phần hồ sơ, phí, lệ phí tại bộ phận một cửa; không yêu "
        "cầu người dân nộp lại "
        "giấy tờ đã có trong cơ sở dữ liệu dùng chung.",
        "Phấn đấu tỷ lệ hồ sơ nộp trực tuyến đạt từ 85% trở lên, tỷ lệ hồ sơ giải quyết đúng hẹn đạt trên "
        "98,5%; kết quả được "
        "trả bằng bản điện tử có giá trị pháp lý.",
        "Bố trí cán bộ hỗ trợ người cao tuổi, người khuyết tật, đồng bào ở thôn, bản vùng sâu khi thực "
        "hiện dịch vụ công; "
        "thái độ phục vụ niềm nở, lắng nghe, dễ hiểu.",
    )),
    Topic("công tác tuyển sinh các lớp đầu cấp năm học {year} - {later}", (
        "Điều tra chính xác số trẻ trong độ tuổi trên địa bàn, phân tuyến hợp lý, không để lớp quá ba mươi "
        "lăm học sinh; tuyệt "
        "đối không thu các khoản ngoài quy định.",
        "Hồ sơ gồm đơn đăng ký theo mẫu, bản sao giấy khai sinh và thông tin cư trú; nhà trường tự khai "
        "thác dữ liệu dân cư, "
        "phụ huynh không phải xuất trình sổ giấy.",
        "Khuyến khích các đơn vị nhận đỡ đầu học sinh mồ côi, học sinh nghèo vượt khó; tặng sách vở, xe "
        "đạp, áo ấm trước ngày "
        "khai giảng.",
    )),
    Topic("công tác phòng, chống thiên tai và tìm kiếm cứu nạn năm {year}", (
        "Kiểm tra hồ đập, kè sông, cống tiêu thoát nước trước ngày 30 tháng 4; kịp thời gia cố những đoạn "
        "đê xung yếu, nơi có "
        "nguy cơ sạt lở đất, lũ ống, lũ quét.",
        "Dự trữ lương thực, mỳ ăn liền, nước sạch, thuốc chữa bệnh, áo phao đủ dùng trong bảy ngày cho các "
        "thôn dễ bị chia cắt; "
        "tổ chức diễn tập ít nhất một lần.",
        "Sau mỗi đợt mưa lũ, tổng hợp thiệt hại về người, nhà ở, lúa, hoa màu, gia súc và công trình công "
        "cộng; đề xuất mức hỗ "
        "trợ bảo đảm đúng đối tượng, không bỏ sót.",
    )),
    Topic("công tác chăm lo đời sống nhân dân dịp Tết Nguyên đán năm {year}", (
        "Thăm hỏi, tặng quà gia đình chính sách, người có công, hộ nghèo, hộ cận nghèo và trẻ em có hoàn "
        "cảnh đặc biệt; hoàn "
        "thành trước ngày 20 tháng Chạp, không để ai không có Tết.",
        "Kiểm tra an toàn thực phẩm tại chợ, cơ sở giết mổ, bếp ăn tập thể; xử lý nghiêm hành vi găm hàng, "
        "tăng giá, kinh doanh "
        "hàng giả, hàng kém chất lượng.",
        "Phân công lãnh đạo và nhân viên trực tại cơ quan suốt kỳ nghỉ; giữ gìn tài sản, tủ hồ sơ, con "
        "dấu, bảo đảm thông tin "
        "liên lạc thông suốt.",
    )),
    Topic("công tác quản lý đất đai, trật tự xây dựng trên địa bàn năm {year}", (
        "Lập sổ theo dõi các thửa đất công ích, đất chưa giao; cắm mốc ranh giới, niêm yết bản đồ địa "
        "chính tại nhà văn hóa để "
        "nhân dân cùng giám sát.",
        "Xử lý dứt điểm các trường hợp lấn chiếm vỉa hè, xây dựng không phép, chuyển mục đích sử dụng trái "
        "quy định; kiên quyết "
        "không hợp thức hóa vi phạm.",
        "Giải quyết hồ sơ cấp giấy chứng nhận còn tồn đọng; hồ sơ thiếu phải trả lời bằng văn bản, nêu rõ "
        "lý do và hướng dẫn "
        "một lần đầy đủ.",
    )),
    Topic("công tác y tế dự phòng và tiêm chủng mở rộng năm {year}", (
        "Theo dõi chặt chẽ tình hình sốt xuất huyết, sởi, bệnh lỵ, tay chân miệng; phát hiện sớm ca bệnh, "
        "khoanh vùng và xử lý ổ "
        "dịch trong vòng bốn mươi tám giờ.",
        "Bảo đảm đủ vắc xin, vật tư, tủ lạnh bảo quản; tổ chức tiêm bù, tiêm vét cho trẻ dưới năm tuổi ở "
        "các điểm tiêm lưu động, "
        "nhất là khu vực biên giới, hải đảo.",
        "Phối hợp với nhà trường khám sức khỏe đầu năm, tẩy giun, cân đo, tư vấn dinh dưỡng; hạn chế thức "
        "ăn nhanh nhiều đường, "
        "nhiều mỡ trong căng tin.",
    )),
)

GENERAL = (
    "Quán triệt đến toàn thể cán bộ, công chức, viên chức và người lao động; gắn trách nhiệm của người "
    "đứng đầu với kết quả "
    "thực hiện, lấy mức độ hài lòng của người dân làm thước đo đánh giá.",
    "Đẩy mạnh tuyên truyền bằng nhiều hình thức phù hợp trên hệ thống truyền thanh, trang thông tin điện "
    "tử và các buổi sinh "
    "hoạt ở thôn, tổ dân phố; kịp thời biểu dương những cách làm hay, gương người tốt, việc tốt.",
    "Chủ động bố trí kinh phí từ nguồn dự toán được giao đầu năm, lồng ghép các chương trình, bảo đảm tiết "
    "kiệm, hiệu quả, "
    "thanh quyết toán đúng chế độ; tổng mức không vượt quá 486.500.000 đồng.",
    "Tăng cường kiểm tra đột xuất tại cơ sở; chấn chỉnh ngay những thiếu sót, xử lý kỷ luật nghiêm tập "
    "thể, cá nhân có biểu "
    "hiện đùn đẩy, né tránh, ỷ lại, nhũng nhiễu, gây phiền hà.",
    "Khuyến khích tổ chức, doanh nghiệp, nhà hảo tâm cùng tham gia đóng góp; mọi khoản ủng hộ phải được "
    "công khai, minh bạch, "
    "sử dụng đúng mục đích và có sổ sách rõ ràng.",
    "Phân công một đồng chí lãnh đạo trực tiếp phụ trách và một đầu mối theo dõi, đôn đốc; số điện thoại "
    "đường dây nóng được "
    "niêm yết công khai tại trụ sở và các nhà văn hóa.",
    "Định kỳ trước ngày 25 hằng tháng báo cáo kết quả, những khó khăn, vướng mắc và kiến nghị, đề xuất về "
    "cơ quan thường trực "
    "để tổng hợp, trình cấp có thẩm quyền xem xét, quyết định.",
    "Tổ chức tập huấn nghiệp vụ cho đội ngũ làm công tác chuyên môn, mời chuyên gia giàu kinh nghiệm hướng "
    "dẫn thực hành; sau "
    "khóa học có bài kiểm tra, khẳng định kết quả bằng chứng nhận.",
    "Phối hợp chặt chẽ với Ủy ban Mặt trận Tổ quốc, Đoàn Thanh niên, Hội Phụ nữ, Hội Cựu chiến binh trong "
    "vận động, giám sát; "
    "giữ vững an ninh trật tự, sự đoàn kết, thống nhất ở khu dân cư.",
    "Sơ kết sáu tháng, tổng kết cuối năm; bổ sung nội dung thi đua, khen thưởng theo hướng hướng về cơ sở, "
    "người trực tiếp "
    "làm việc, hạn chế hình thức, tránh lãng phí.",
)

RECIPIENTS = (
    "Thường trực Hội đồng nhân dân;", "Các thành viên Ủy ban nhân dân;", "Ủy ban Mặt trận Tổ quốc;", "Công "
    "an;",
    "Các phòng, ban, đơn vị trực thuộc;", "Trưởng các thôn, tổ dân phố;", "Cổng Thông tin điện tử;",
    "Kho bạc Nhà nước khu vực;", "Các trường học trên địa bàn;",
)
ADDRESSEES = (
    "Các phòng, ban, đơn vị trực thuộc", "Ủy ban nhân dân các xã, phường", "Sở Tài chính", "Sở Nội vụ",
    "Hiệu trưởng các trường học trên địa bàn", "Trưởng các thôn, tổ dân phố", "Trung tâm Y tế khu vực",
)
