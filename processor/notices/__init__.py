"""What must be told to those who sent a document, and to the office (NĐ 30/2020 Đ21.2)."""
