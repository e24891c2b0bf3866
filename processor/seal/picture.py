"""The organisation's red seal, as the appearance of its signature (NĐ 30/2020 Phụ lục I, Phần I, mục II.8.a).

Promises: drawn at its real size in millimetres, upright, its ground transparent; sRGB with an alpha channel, no finer than
600 dots an inch. Refuses: a picture that is no PNG, has no transparent ground, or is not red.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops, ImageCms
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import ResourceType
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.writer import BasePdfFileWriter

from processor.errors import Verdict
from processor.seal.appearance import UprightStamp, UprightStyle

MM = 72 / 25.4
_FINEST = 600  # dots an inch
_LARGEST_FILE = 16 << 20
_MOST_PIXELS = 50_000_000
_CLEAR = 16  # an alpha below this is not seen
_SOLID = 128
_LEAST_CLEAR = 0.10  # the corners around a round seal alone are a fifth
_LEAST_SOLID = 0.02
_REDDER = 50  # so much more red than green and blue
_LEAST_RED = 0.80  # of what is solid


def _share(values: Image.Image, least: int, mask: Image.Image | None = None) -> float:
    counts = values.histogram(mask)
    total = sum(counts)
    return sum(counts[least:]) / total if total else 0.0


def _fault(picture: Image.Image) -> str:
    red, green, blue, alpha = picture.split()
    if _share(alpha, _CLEAR) > 1 - _LEAST_CLEAR:
        return "its ground is not transparent"
    if _share(alpha, _SOLID) < _LEAST_SOLID:
        return "it shows nothing"
    solid = alpha.point([0] * _SOLID + [255] * (256 - _SOLID)).convert("1")
    redness = ImageChops.subtract(red, ImageChops.lighter(green, blue))
    return "" if _share(redness, _REDDER, solid) >= _LEAST_RED else "it is not red"


def load(path: Path, mm: float) -> Image.Image:
    """The seal's picture, RGBA, as fine as paper can show it.

    Args:
        path: a PNG.
        mm: how wide it is on paper.

    Raises:
        Verdict: `seal-picture-unfit`.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise Verdict("seal-picture-unfit", "the file is too large")
        with Image.open(path, formats=("PNG",)) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise Verdict("seal-picture-unfit", "too many pixels")
            picture = opened.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:  # Pillow tells a broken PNG in all these ways
        raise Verdict("seal-picture-unfit", f"no PNG that can be read ({type(error).__name__})") from error
    if fault := _fault(picture):
        raise Verdict("seal-picture-unfit", fault)
    widest = max(1, round(mm / 25.4 * _FINEST))
    if picture.width <= widest:
        return picture
    return picture.resize((widest, max(1, round(picture.height * widest / picture.width))), Image.Resampling.LANCZOS)


def size(picture: Image.Image, mm: float) -> tuple[float, float]:
    """Width and height on paper, in points."""
    return mm * MM, mm * MM * picture.height / picture.width


def _stream(picture: Image.Image, colours: generic.PdfObject, **more: generic.PdfObject) -> generic.StreamObject:
    values = {
        "/Type": pdf_name("/XObject"), "/Subtype": pdf_name("/Image"), "/Width": generic.NumberObject(picture.width),
        "/Height": generic.NumberObject(picture.height), "/ColorSpace": colours, "/BitsPerComponent": generic.NumberObject(8),
    }  # fmt: skip
    named = {pdf_name(key): value for key, value in {**values, **more}.items()}
    stream = generic.StreamObject(named, stream_data=picture.tobytes())
    stream.compress()
    return stream


def srgb(writer: BasePdfFileWriter) -> generic.ArrayObject:
    """sRGB by its profile: right whatever output intent the file has, or none."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    stream = generic.StreamObject({pdf_name("/N"): generic.NumberObject(3)}, stream_data=profile)
    stream.compress()
    return generic.ArrayObject([pdf_name("/ICCBased"), writer.add_object(stream)])


@dataclass(frozen=True)
class PictureStyle(UprightStyle):
    """The seal; `at`: left, bottom, width and height within the appearance, in points."""

    picture: Image.Image | None = None
    at: tuple[float, float, float, float] = (0, 0, 0, 0)

    def create_stamp(self, writer: BasePdfFileWriter, box: BoxConstraints, text_params: object) -> PictureStamp:
        """pyHanko's hook."""
        return PictureStamp(writer, self, self.box)


class PictureStamp(UprightStamp):
    """Draws the picture, its ground transparent."""

    style: PictureStyle
    _colours: generic.ArrayObject

    def _render_inner_content(self) -> list[bytes]:
        picture, writer = self.style.picture, self.writer
        if writer is None or picture is None:
            raise ValueError("a picture is drawn for a writer")
        self._colours = srgb(writer)
        mask = writer.add_object(_stream(picture.getchannel("A"), pdf_name("/DeviceGray")))
        image = writer.add_object(_stream(picture.convert("RGB"), self._colours, **{"/SMask": mask}))
        self.set_resource(ResourceType.XOBJECT, pdf_name("/Seal"), image)
        left, bottom, wide, high = self.style.at
        return [b"%.4f 0 0 %.4f %.4f %.4f cm /Seal Do" % (wide, high, left, bottom)]

    def as_form_xobject(self) -> generic.StreamObject:
        """The appearance, as a transparency group of its own: it names the colours it blends in."""
        form = super().as_form_xobject()
        group = {"/Type": pdf_name("/Group"), "/S": pdf_name("/Transparency"), "/CS": self._colours}
        form[pdf_name("/Group")] = generic.DictionaryObject({pdf_name(key): value for key, value in group.items()})
        return form
