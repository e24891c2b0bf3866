"""METS of the package and of its representation, by E-ARK CSIP 2 in the layout of TT 05/2025.

PURE: no I/O, no third-party package.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from archive.packages.markup import Element, element, under, written
from archive.packages.values import Item, Package

REPRESENTATION = "representations/rep1"
_SCHEMAS = (
    "http://www.loc.gov/METS/ https://www.loc.gov/standards/mets/mets.xsd "
    "https://DILCIS.eu/XML/METS/CSIPExtensionMETS https://earkcsip.dilcis.eu/schema/DILCISExtensionMETS.xsd"
)


def of_package(package: Package, items: Mapping[str, Item]) -> bytes:
    """METS.xml at the root; `items` are the package's files by path, this one not among them."""
    root = _root(package, package.identifier)
    described = _referenced(package, root, "mets:dmdSec", items["metadata/descriptive/EAD.xml"])
    kept = _preserved(package, root, items["metadata/preservation/PREMIS.xml"])
    groups = {
        "Documentation": _below("documentation/", items), "Schemas": _below("schemas/", items),
        "Representations": [items[f"{REPRESENTATION}/METS.xml"]],
    }  # fmt: skip
    section = under(root, "mets:fileSec", {"ID": package.id("fs", "root")})
    names = {use: _group(package, section, use, files) for use, files in groups.items()}
    top = _structure(package, root, package.identifier)
    _division(package, top, "Metadata", {"DMDID": described, "ADMID": kept})
    for use, group in names.items():
        under(_division(package, top, use), "mets:fptr", {"FILEID": group})
    representation = _division(package, top, "Representations/rep1")
    under(representation, "mets:mptr", {
        "LOCTYPE": "URL", "xlink:type": "simple", "xlink:href": f"{REPRESENTATION}/METS.xml",
        "xlink:title": names["Representations"],
    })  # fmt: skip
    return written(root)


def of_representation(package: Package, items: Mapping[str, Item]) -> bytes:
    """METS.xml of rep1: its paths begin at its own folder; each PDF is tied to its description."""
    inner = {path.removeprefix(f"{REPRESENTATION}/"): item for path, item in items.items() if path.startswith(REPRESENTATION)}
    root = _root(package, "rep1")
    described = {
        part.code: _referenced(package, root, "mets:dmdSec", inner[f"metadata/descriptive/EAD_doc_{part.code}.xml"], REPRESENTATION)
        for part in package.parts
    }
    kept = _preserved(package, root, inner["metadata/preservation/PREMIS_rep1.xml"], REPRESENTATION)
    section = under(root, "mets:fileSec", {"ID": package.id("fs", "rep1")})
    data = _group(package, section, "Data", [inner[f"data/{part.code}.pdf"] for part in package.parts], REPRESENTATION)
    top = _structure(package, root, "rep1")
    _division(package, top, "Metadata", {"DMDID": " ".join(described.values()) or None, "ADMID": kept}, "rep1")
    under(_division(package, top, "Data", scope="rep1"), "mets:fptr", {"FILEID": data})
    links = _division(package, top, "MetadataLink", scope="rep1")
    for part in package.parts:
        told = {"ID": package.id("div", f"rep1/{part.code}"), "LABEL": "MetadataLink/File", "DMDID": described[part.code]}
        under(under(links, "mets:div", told | {"ADMID": kept}), "mets:fptr", {"FILEID": package.id("file", part.pdf.path)})
    return written(root)


def _root(package: Package, objid: str) -> Element:
    root = element("mets:mets", {
        "OBJID": objid, "LABEL": package.title or None, "TYPE": package.rules.content_category,
        "PROFILE": package.rules.profile, **_content(package), "xsi:schemaLocation": _SCHEMAS,
    })  # fmt: skip
    header = under(root, "mets:metsHdr", {
        "CREATEDATE": package.moment, "LASTMODDATE": package.moment, "RECORDSTATUS": "NEW", "csip:OAISPACKAGETYPE": package.kind,
    })  # fmt: skip
    software = {"ROLE": "CREATOR", "TYPE": "OTHER", "OTHERTYPE": "SOFTWARE"}
    _agent(header, software, "Sohoa", {"csip:NOTETYPE": "SOFTWARE VERSION"}, package.software)
    # E-ARK SIP 2.0.4, SIP15: who hands it in must be named, and as CREATOR
    for role in ("ARCHIVIST", "CREATOR") if package.kind == "SIP" else ("ARCHIVIST",):
        office = {"ROLE": role, "TYPE": "ORGANIZATION"}
        _agent(header, office, package.organisation, {"csip:NOTETYPE": "IDENTIFICATIONCODE"}, package.organ_id)
    return root


def _content(package: Package) -> dict[str, str]:
    return {"csip:CONTENTINFORMATIONTYPE": "OTHER", "csip:OTHERCONTENTINFORMATIONTYPE": package.rules.content_type}


def _agent(header: Element, how: Mapping[str, str], name: str, of_note: Mapping[str, str], note: str) -> None:
    agent = under(header, "mets:agent", how)
    under(agent, "mets:name", text=name)
    if note:
        under(agent, "mets:note", of_note, note)


def _referenced(package: Package, parent: Element, tag: str, item: Item, base: str = "", kind: str = "EAD") -> str:
    """A section that refers to a file of metadata; returns its id."""
    id = package.id("dmd" if tag == "mets:dmdSec" else "digiprov", item.path)
    section = under(parent, tag, {"ID": id, "CREATED": item.created, "STATUS": "CURRENT"})
    under(section, "mets:mdRef", {
        "ID": package.id("mdref", item.path), "LOCTYPE": "URL", "MDTYPE": kind, "MIMETYPE": item.media, "SIZE": str(item.size),
        "CREATED": item.created, "CHECKSUM": item.sha256, "CHECKSUMTYPE": "SHA-256", "xlink:type": "simple",
        "xlink:href": _href(item, base),
    })  # fmt: skip
    return id


def _preserved(package: Package, root: Element, item: Item, base: str = "") -> str:
    section = under(root, "mets:amdSec", {"ID": package.id("amd", item.path)})
    return _referenced(package, section, "mets:digiprovMD", item, base, "PREMIS")


def _group(package: Package, section: Element, use: str, files: Iterable[Item], base: str = "") -> str:
    id = package.id("fg", f"{base}/{use}")
    group = under(section, "mets:fileGrp", {"ID": id, "USE": use, **_content(package)})
    for item in files:
        made = under(group, "mets:file", {
            "ID": package.id("file", item.path), "MIMETYPE": item.media, "SIZE": str(item.size), "CREATED": item.created,
            "CHECKSUM": item.sha256, "CHECKSUMTYPE": "SHA-256",
        })  # fmt: skip
        under(made, "mets:FLocat", {"LOCTYPE": "URL", "xlink:type": "simple", "xlink:href": _href(item, base)})
    return id


def _structure(package: Package, root: Element, label: str) -> Element:
    told = {"ID": package.id("sm", label), "TYPE": "PHYSICAL", "LABEL": "CSIP"}
    return under(under(root, "mets:structMap", told), "mets:div", {"ID": package.id("div", label), "LABEL": label})


def _division(package: Package, top: Element, label: str, more: Mapping[str, str | None] | None = None, scope: str = "") -> Element:
    return under(top, "mets:div", {"ID": package.id("div", f"{scope}/{label}"), "LABEL": label} | dict(more or {}))


def _below(folder: str, items: Mapping[str, Item]) -> Sequence[Item]:
    return [item for path, item in items.items() if path.startswith(folder)]


def _href(item: Item, base: str) -> str:
    """Relative to the METS file; nothing in our names needs escaping in a URL but letters beyond ASCII, which IRIs may hold."""
    return item.path.removeprefix(f"{base}/") if base else item.path
