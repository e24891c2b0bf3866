"""XML as bytes: escaped by the standard library, composed, without characters XML may not hold.

PURE: no I/O, no third-party package.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from xml.etree import ElementTree

Element = ElementTree.Element

METS = "http://www.loc.gov/METS/"
PREMIS = "http://www.loc.gov/premis/v3"
XLINK = "http://www.w3.org/1999/xlink"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
CSIP = "https://DILCIS.eu/XML/METS/CSIPExtensionMETS"
XS = "http://www.w3.org/2001/XMLSchema"
_PREFIXES = {"mets": METS, "premis": PREMIS, "xlink": XLINK, "xsi": XSI, "csip": CSIP, "xs": XS}
_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]")

for _prefix, _uri in _PREFIXES.items():
    ElementTree.register_namespace(_prefix, _uri)


def name(text: str) -> str:
    """A name with its prefix (`mets:file`) as ElementTree takes it; one without stays as it is."""
    prefix, colon, local = text.partition(":")
    return f"{{{_PREFIXES[prefix]}}}{local}" if colon else text


def element(tag: str, attributes: Mapping[str, str | None] | None = None, text: str | None = None) -> Element:
    """An element; attributes without a value are left out."""
    made = Element(name(tag), {name(key): clean(value) for key, value in (attributes or {}).items() if value is not None})
    made.text = None if text is None else clean(text)
    return made


def under(parent: Element, tag: str, attributes: Mapping[str, str | None] | None = None, text: str | None = None) -> Element:
    """A new last child."""
    child = element(tag, attributes, text)
    parent.append(child)
    return child


def clean(text: str) -> str:
    """NFC; what XML may not hold, and what turns the direction of text, shown as `<U+0007>`."""
    return _UNFIT.sub(lambda found: f"<U+{ord(found.group()):04X}>", unicodedata.normalize("NFC", text))


def written(root: Element) -> bytes:
    """The document: UTF-8, indented, with a line feed at the end."""
    ElementTree.indent(root)
    body: bytes = ElementTree.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"
