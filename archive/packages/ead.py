"""The descriptive elements of TT 05/2025 (EAD.xml, EAD_doc_*.xml) and the schema they are valid by.

The circular's elements are its own, in no namespace, under `simpledc`, in a fixed order; they are not those of EAD 2002 or EAD3.
PURE: no I/O, no third-party package.
"""

from __future__ import annotations

from collections.abc import Mapping

from archive.packages.markup import element, under, written
from archive.packages.values import Fields

_ROOT = "simpledc"


def description(fields: Fields) -> bytes:
    """The elements as a document; one that says nothing stands there empty."""
    root = element(_ROOT)
    for tag, text in fields:
        under(root, tag, text=text)
    return written(root)


def schema(lengths: Mapping[str, int]) -> bytes:
    """An XML schema of such a document: every element once, in order, no longer than the circular lets it be."""
    root = element("xs:schema", {"elementFormDefault": "qualified"})
    top = under(root, "xs:element", {"name": _ROOT})
    sequence = under(under(top, "xs:complexType"), "xs:sequence")
    for tag, most in lengths.items():
        kind = under(under(sequence, "xs:element", {"name": tag}), "xs:simpleType")
        under(under(kind, "xs:restriction", {"base": "xs:string"}), "xs:maxLength", {"value": str(most)})
    return written(root)
