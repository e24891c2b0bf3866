"""How the block is broken into lines."""

import unicodedata
from pathlib import Path

from processor.seal import fonts
from processor.seal.appearance import wrap


def test_the_zone_stays_with_its_time(tmp_path: Path) -> None:
    font = fonts.prepared(fonts.find(), tmp_path)
    text = "Ủy ban nhân dân xã Minh Họa; 24/11/2026; 18:29:28 +07:00"
    lines = wrap(text, lambda line: fonts.width(line, font, 10), 81 * 72 / 25.4)
    assert lines == ["Ủy ban nhân dân xã Minh Họa; 24/11/2026;", "18:29:28 +07:00"]


def test_a_decomposed_name_is_printed_composed() -> None:
    text = unicodedata.normalize("NFD", "SAO Y; Ủy ban nhân dân xã Đắk Drông")
    assert wrap(text, len, 100) == ["SAO Y; Ủy ban nhân dân xã Đắk Drông"]
