"""The trust list's verbs: which authorities signatures must lead to."""

from __future__ import annotations

from pathlib import Path

import click

from processor import trust
from processor.cli import wiring
from processor.cli.wiring import HERE, JSON
from processor.report import visible
from processor.trust import Anchor

_KIND = {trust.ROOTS: "root", trust.INTERMEDIATES: "intermediate"}


@click.group("trust")
def trusted() -> None:
    """The authorities that signatures and time-stamps must lead to."""


@trusted.command("add")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--pin", default="", metavar="SHA256", help="Of the certificate itself (DER); else nothing is added.")
@HERE
def add(file: Path, pin: str, folder: Path) -> None:
    """Add the certificates of a PEM, DER or PKCS#7 file: roots, and those that stand between.

    Compare the SHA-256 with what the authority publishes: whoever is on this list is believed.
    """
    settings = wiring.check_station(folder)
    known = {anchor.sha256 for anchor in trust.listed(folder, settings)}
    added = trust.add(folder, file, pin)
    with wiring.opened_archive(folder, settings) as archive:
        for anchor in (anchor for anchor in added if anchor.sha256 not in known):
            archive.event("trust-changed", actor=wiring.operator(), public={"added": anchor.sha256, "kind": _KIND[anchor.kind]})
    for anchor in added:
        click.echo(visible(("there already: " if anchor.sha256 in known else "added ") + _told(anchor)))


@trusted.command("list")
@HERE
@JSON
def show(folder: Path, as_json: bool) -> None:
    """All of them, with their SHA-256."""
    anchors = trust.listed(folder, wiring.check_station(folder))
    if as_json:
        wiring.print_json([
            {"kind": _KIND[a.kind], "sha256": a.sha256, "subject": a.certificate.subject.rfc4514_string(),
             "valid_from": a.certificate.not_valid_before_utc.isoformat(),
             "valid_to": a.certificate.not_valid_after_utc.isoformat(), "known_as": a.known, "source": a.source}
            for a in anchors
        ])  # fmt: skip
        return
    for anchor in anchors:
        click.echo(visible(_told(anchor)))
    if not anchors:
        click.echo("nothing is trusted: no signature can be found valid", err=True)


def _told(anchor: Anchor) -> str:
    known = f"  = {anchor.known}, by a list that is not the authority's own" if anchor.known else ""
    until = anchor.certificate.not_valid_after_utc.date().isoformat()
    return f"{_KIND[anchor.kind]}  {anchor.sha256}  {anchor.certificate.subject.rfc4514_string()}  until {until}{known}"


VERBS = (trusted,)
