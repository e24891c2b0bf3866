"""The files of a package: well-formed whatever people wrote, tied to each other by digest, the same for the same state."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from archive.packages import content, ead, markup
from archive.packages.values import Happening, Item, Package, Part, Rules, made

MOMENT = "2026-11-29T12:42:24+07:00"
RULES = Rules("https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml", "Mixed", "TT 05/2025/TT-BNV")
texts = st.text(max_size=60)
METS = {"m": markup.METS, "x": markup.XLINK}


def package(title: str = "Hồ sơ", kind: str = "AIP", parts: int = 2, **changes: object) -> Package:
    made_parts = tuple(
        Part(f"H05.02.2026.01.VP.{number:07}", title, (("docCode", str(number)), ("subject", title)),
             Item(f"representations/rep1/data/H05.02.2026.01.VP.{number:07}.pdf", hashlib.sha256(b"%d" % number).hexdigest(), 1,
                  "application/pdf", MOMENT, Path("nowhere")), f"{title}.pdf", "PDF/A-2b")
        for number in range(1, parts + 1)
    )  # fmt: skip
    happened = (Happening("transfer", MOMENT, title), *(Happening("ingestion", MOMENT, title, subject=part.code) for part in made_parts))
    values = Package(kind, "", "H05.02.2026.01.VP", title, MOMENT, title or "UBND", "H05.02", "0.3.0", RULES,
                     (("title", title),), made_parts, happened, (made("documentation/x.txt", b"x", "text/plain", MOMENT),))  # fmt: skip
    return replace(values, **changes)  # type: ignore[arg-type]  # the tests change what they know


def files(of: Package) -> dict[str, Item]:
    schemas = {"EAD.xsd": ead.schema({"title": 1000}), "EAD_doc.xsd": ead.schema({"docCode": 100, "subject": 500})}
    return {item.path: item for item in content.files(of, schemas)}


def parsed(item: Item) -> ElementTree.Element:
    assert item.data is not None
    return ElementTree.fromstring(item.data)


@given(title=texts)
@settings(max_examples=60)
def test_whatever_people_wrote_is_well_formed_and_read_back(title: str) -> None:
    held = files(package(title))
    for path, item in held.items():
        if path.endswith((".xml", ".xsd")):
            parsed(item)
    told = parsed(held["metadata/descriptive/EAD.xml"]).findtext("title")
    assert (told or "") == markup.clean(title).replace("\r\n", "\n").replace("\r", "\n")
    assert "\u202e" not in (told or "")


def test_titles_that_say_nothing_true_of_markup() -> None:
    held = files(package("]]><!-- & <x> \x00 \ud800 \u202e é"))
    assert parsed(held["metadata/descriptive/EAD.xml"]).findtext("title") == "]]><!-- & <x> <U+0000> <U+D800> <U+202E> é"


def test_every_file_is_counted_once_with_its_digest_and_size() -> None:
    held = files(package())
    root = etree.fromstring(held["METS.xml"].data)
    told = {each.find("m:FLocat", METS).get(f"{{{markup.XLINK}}}href"): each for each in root.iterfind(".//m:file", METS)}
    told |= {each.get(f"{{{markup.XLINK}}}href"): each for each in root.iterfind(".//m:mdRef", METS)}
    inner = etree.fromstring(held["representations/rep1/METS.xml"].data)
    below = {each.find("m:FLocat", METS).get(f"{{{markup.XLINK}}}href"): each for each in inner.iterfind(".//m:file", METS)}
    below |= {each.get(f"{{{markup.XLINK}}}href"): each for each in inner.iterfind(".//m:mdRef", METS)}
    told |= {f"representations/rep1/{path}": each for path, each in below.items()}
    assert set(told) == set(held) - {"METS.xml"}
    for path, each in told.items():
        assert (each.get("CHECKSUM"), each.get("CHECKSUMTYPE"), each.get("SIZE")) == (held[path].sha256, "SHA-256", str(held[path].size))


def test_ids_are_unique_and_what_is_pointed_at_is_there() -> None:
    held = files(package())
    for path in ("METS.xml", "representations/rep1/METS.xml"):
        root = etree.fromstring(held[path].data)
        ids = [each.get("ID") for each in root.iter() if each.get("ID")]
        assert len(ids) == len(set(ids))
        for attribute in ("DMDID", "ADMID", "FILEID"):
            assert {one for each in root.iter() for one in (each.get(attribute) or "").split()} <= set(ids)


def test_the_same_state_is_the_same_package_and_another_state_another() -> None:
    one, other = files(package()), files(package())
    assert [(path, item.sha256) for path, item in one.items()] == [(path, item.sha256) for path, item in other.items()]
    assert package().identifier != package(parts=3).identifier != package(parts=3, moment="2026-11-30T00:00:00+07:00").identifier


def test_identifiers_are_those_of_the_circular() -> None:
    plain, of_fonds, sip = package(), package(fonds="P01"), package(kind="SIP")
    assert plain.identifier == f"urn:uuid:{plain.uuid}" and plain.folder == f"urn_uuid_{plain.uuid}"
    assert of_fonds.identifier == f"urn:P01:uuid-{of_fonds.uuid}" and ":" not in of_fonds.folder
    assert sip.identifier == f"uuid-{sip.uuid}"


def test_a_description_is_valid_by_the_schema_that_travels_with_it() -> None:
    held = files(package("một" * 100))
    for schema, paths in (("EAD.xsd", ["metadata/descriptive/EAD.xml"]), ("EAD_doc.xsd", [p for p in held if "EAD_doc_" in p])):
        rule = etree.XMLSchema(etree.fromstring(held[f"schemas/{schema}"].data))
        assert paths and all(rule.validate(etree.fromstring(held[path].data)) for path in paths), rule.error_log
    too_long = ead.description((("title", "x" * 1001),))
    assert not etree.XMLSchema(etree.fromstring(held["schemas/EAD.xsd"].data)).validate(etree.fromstring(too_long))
