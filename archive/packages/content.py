"""A package as the files it has, in their order: descriptions, preservation metadata, schemas, then the METS that count them.

PURE: no I/O, no third-party package.
"""

from __future__ import annotations

from collections.abc import Mapping

from archive.packages import ead, mets, premis
from archive.packages.values import Item, Package, made

_XML = "application/xml"


def files(package: Package, schemas: Mapping[str, bytes]) -> tuple[Item, ...]:
    """Every file of the package; METS.xml last, since it has the digests of all others."""
    rep = mets.REPRESENTATION
    items = [
        _xml(package, "metadata/descriptive/EAD.xml", ead.description(package.fields)),
        _xml(package, "metadata/preservation/PREMIS.xml", premis.of_package(package)),
    ]
    for part in package.parts:
        items.append(_xml(package, f"{rep}/metadata/descriptive/EAD_doc_{part.code}.xml", ead.description(part.fields)))
    items.append(_xml(package, f"{rep}/metadata/preservation/PREMIS_rep1.xml", premis.of_representation(package)))
    items += [part.pdf for part in package.parts]
    items += [_xml(package, f"schemas/{name}", data) for name, data in schemas.items()]
    items += package.beside
    known = {item.path: item for item in items}
    items.append(_xml(package, f"{rep}/METS.xml", mets.of_representation(package, known)))
    known = {item.path: item for item in items}
    return (*items, _xml(package, "METS.xml", mets.of_package(package, known)))


def _xml(package: Package, path: str, data: bytes) -> Item:
    return made(path, data, _XML, package.moment)
