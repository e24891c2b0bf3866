"""Preservation metadata, PREMIS 3: what is kept, what happened to it, who did it.

PURE: no I/O, no third-party package.
"""

from __future__ import annotations

from collections.abc import Iterable

from archive.packages.markup import Element, element, under, written
from archive.packages.values import Happening, Package, Part

SCHEMA = "http://www.loc.gov/premis/v3 https://www.loc.gov/standards/premis/premis.xsd"
_LOCAL = "LOCAL"


def of_package(package: Package) -> bytes:
    """PREMIS.xml of the whole: the file as an intellectual entity, its one representation, what happened to the package."""
    root = _root()
    whole = _object(root, "intellectualEntity", package.identifier)
    under(whole, "premis:originalName", text=package.file_code)
    representation = _object(root, "representation", f"{package.identifier}/rep1")
    _related(representation, "represents", package.identifier)
    happened = [each for each in package.happenings if not each.subject]
    _events(root, package, happened)
    _agents(root, package)
    return written(root)


def of_representation(package: Package) -> bytes:
    """PREMIS_rep1.xml: each PDF with its digest, size and format, and what happened to each."""
    root = _root()
    for part in package.parts:
        _file(root, package, part)
    _events(root, package, [each for each in package.happenings if each.subject])
    _agents(root, package)
    return written(root)


def _root() -> Element:
    return element("premis:premis", {"version": "3.0", "xsi:schemaLocation": SCHEMA})


def _object(root: Element, kind: str, value: str) -> Element:
    made = under(root, "premis:object", {"xsi:type": f"premis:{kind}"})
    _identifier(made, "object", value)
    return made


def _identifier(parent: Element, what: str, value: str) -> None:
    named = under(parent, f"premis:{what}Identifier")
    under(named, f"premis:{what}IdentifierType", text=_LOCAL)
    under(named, f"premis:{what}IdentifierValue", text=value)


def _file(root: Element, package: Package, part: Part) -> None:
    made = _object(root, "file", part.code)
    told = under(made, "premis:objectCharacteristics")
    under(told, "premis:compositionLevel", text="0")
    fixity = under(told, "premis:fixity")
    under(fixity, "premis:messageDigestAlgorithm", text="SHA-256")
    under(fixity, "premis:messageDigest", text=part.pdf.sha256)
    under(told, "premis:size", text=str(part.pdf.size))
    designation = under(under(told, "premis:format"), "premis:formatDesignation")
    under(designation, "premis:formatName", text="application/pdf")
    if part.version:
        under(designation, "premis:formatVersion", text=part.version)
    under(made, "premis:originalName", text=part.original_name)
    place = under(under(made, "premis:storage"), "premis:contentLocation")
    under(place, "premis:contentLocationType", text="path")
    under(place, "premis:contentLocationValue", text=part.pdf.path)
    _related(made, "is part of", f"{package.identifier}/rep1")
    if part.replaces:
        _related(made, "replaces", part.replaces, "replacement")


def _related(made: Element, how: str, to: str, kind: str = "structural") -> None:
    relation = under(made, "premis:relationship")
    under(relation, "premis:relationshipType", text=kind)
    under(relation, "premis:relationshipSubType", text=how)
    related = under(relation, "premis:relatedObjectIdentifier")
    under(related, "premis:relatedObjectIdentifierType", text=_LOCAL)
    under(related, "premis:relatedObjectIdentifierValue", text=to)


def _events(root: Element, package: Package, happened: Iterable[Happening]) -> None:
    for number, each in enumerate(happened, 1):
        event = under(root, "premis:event")
        _identifier(event, "event", package.id("event", f"{each.subject}/{each.kind}/{number}"))
        under(event, "premis:eventType", text=each.kind)
        under(event, "premis:eventDateTime", text=each.at)
        under(under(event, "premis:eventDetailInformation"), "premis:eventDetail", text=each.detail)
        outcome = under(event, "premis:eventOutcomeInformation")
        under(outcome, "premis:eventOutcome", text=each.outcome)
        if each.note:
            under(under(outcome, "premis:eventOutcomeDetail"), "premis:eventOutcomeDetailNote", text=each.note)
        _linked(event, "Agent", _agent_id(package, each.agent))
        _linked(event, "Object", each.subject or package.identifier)


def _linked(event: Element, what: str, value: str) -> None:
    link = under(event, f"premis:linking{what}Identifier")
    under(link, f"premis:linking{what}IdentifierType", text=_LOCAL)
    under(link, f"premis:linking{what}IdentifierValue", text=value)


def _agent_id(package: Package, agent: str) -> str:
    return f"sohoa {package.software}" if agent == "software" else package.organ_id or package.organisation


def _agents(root: Element, package: Package) -> None:
    named = (("software", "Sohoa", "software"), ("organisation", package.organisation, "organization"))
    for agent, shown, kind in named:
        made = under(root, "premis:agent")
        _identifier(made, "agent", _agent_id(package, agent))
        under(made, "premis:agentName", text=shown)
        under(made, "premis:agentType", text=kind)
        if kind == "software":
            under(made, "premis:agentVersion", text=package.software)
