"""Fills existing text fields of a form by an increment, before anything is signed over it.

Promises: the words are drawn by an appearance of our own, in an embedded Vietnamese font, so that no viewer has to make one up
(NeedAppearances off); type size and place are the field's. Of what was drawn there before, box and compression stay as forms have
them: EU DSS warns whoever asks about the persons' signatures of any other change. Refuses: a field that is no text field, is
read-only, or is locked (`locate` asks before).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.font.opentype import GlyphAccumulatorFactory
from pyhanko.pdf_utils.form_tools import enumerate_fields_in
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import FormFillingError
from pyhanko.pdf_utils.writer import init_xobject_dictionary

from processor.errors import Verdict
from processor.seal import fonts

_SIZE = re.compile(rb"([0-9.]+)\s+Tf")
_LARGEST = 13.0  # where the form leaves the size to us
_INSIDE = 2.0  # points a text keeps from its field's edge
_UPRIGHT = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
_READ_ONLY = 1


def _at(holder: generic.DictionaryObject, key: str, default: Any) -> Any:
    """What stands under a key; pyHanko's own `get` does not follow references."""
    return holder[key] if key in holder else default


def _font_size(field: generic.DictionaryObject, form: generic.DictionaryObject, high: float) -> float:
    asked = _at(field, "/DA", _at(form, "/DA", ""))
    found = _SIZE.search(str(asked).encode("latin-1", "replace"))
    size = float(found[1]) if found else 0.0
    return size or min(_LARGEST, max(4.0, high * 0.7))


def _appearance(
    writer: IncrementalPdfFileWriter, field: generic.DictionaryObject, form: generic.DictionaryObject, text: str, font: Path
) -> generic.StreamObject:
    left, bottom, right, top = (float(value) for value in field["/Rect"])
    turn = int(_at(_at(field, "/MK", {}), "/R", 0)) % 360
    wide, high = abs(right - left), abs(top - bottom)
    wide, high = (wide, high) if turn % 180 == 0 else (high, wide)
    size = _font_size(field, form, high)
    length = fonts.width(text, font, size)
    if length > wide - 2 * _INSIDE:
        size *= max(0.1, (wide - 2 * _INSIDE) / length)
        length = fonts.width(text, font, size)
    side = int(_at(field, "/Q", _at(form, "/Q", 0)))
    start = {1: (wide - length) / 2, 2: wide - length - _INSIDE}.get(side, _INSIDE)
    engine = GlyphAccumulatorFactory(str(font)).create_font_engine(writer)
    shaped = engine.shape(text)
    drawn = b"/Tx BMC q 0 g BT /F1 %g Tf %.3f %.3f Td %s ET Q EMC" % (size, start, (high - size * 0.7) / 2, shaped.graphics_ops)
    resources = generic.DictionaryObject({pdf_name("/Font"): generic.DictionaryObject({pdf_name("/F1"): engine.as_resource()})})
    stream = init_xobject_dictionary(command_stream=drawn, box_width=wide, box_height=high, resources=resources)
    stream[pdf_name("/Matrix")] = _numbers(*_UPRIGHT[turn], 0, 0)
    stream[pdf_name("/BBox")] = _numbers(0, 0, wide, high)  # pyHanko has the corners the other way round
    if _is_compressed(field):
        stream.compress()
    return stream


def _is_compressed(field: generic.DictionaryObject) -> bool:
    """Whether what is drawn in a field now has a filter."""
    looks = _at(field, "/AP", None)
    shown = _at(looks, "/N", None) if isinstance(looks, generic.DictionaryObject) else None
    return isinstance(shown, generic.StreamObject) and "/Filter" in shown


def _numbers(*values: float) -> generic.ArrayObject:
    return generic.ArrayObject([generic.FloatObject(value) for value in values])


def _field(fields: generic.ArrayObject, name: str) -> generic.DictionaryObject:
    try:
        found = next(enumerate_fields_in(fields, with_name=name, refs_seen=set(), target_field_type="/Tx"), None)
    except FormFillingError:  # a field of another kind
        found = None
    field = found[2].get_object() if found else generic.DictionaryObject()
    if "/Rect" not in field or int(_at(field, "/Ff", 0)) & _READ_ONLY:
        raise Verdict("form-field-unfit", "no text field of that name with a place of its own that may be written in")
    return field


def fill(path: Path, values: Mapping[str, str], font: Path) -> None:
    """Write texts into text fields.

    Args:
        path: the document; an increment is appended.
        values: text by the field's full name.
        font: a prepared font (1000 units to the em).

    Raises:
        Verdict: `form-field-unfit`: no such text field, or one that may not be written in.
    """
    with path.open("rb+") as file:
        writer = IncrementalPdfFileWriter(file, strict=False)
        form = _at(writer.root, "/AcroForm", generic.DictionaryObject())
        fields = _at(form, "/Fields", generic.ArrayObject())
        for name, value in values.items():
            field = _field(fields, name)
            text = unicodedata.normalize("NFC", value)
            field[pdf_name("/V")] = generic.TextStringObject(text)
            shown = writer.add_object(_appearance(writer, field, form, text, font))
            field[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): shown})
            writer.update_container(field)
        if _at(form, "/NeedAppearances", False):
            form[pdf_name("/NeedAppearances")] = generic.BooleanObject(False)
            writer.update_container(form)
        writer.write_in_place()
