"""What earlier signatures still allow: DocMDP, FieldMDP, empty signature fields and what they ask of their signer.

Promises: a lock is honoured before anything is written: whoever signed said so (ISO 32000-1, 12.8.2.2 and 12.8.2.4). A new
visible field breaks a document that was certified, also where forms may be filled in; an empty one that was there does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import FieldMDPSpec, MDPPerm, SigSeedSubFilter, SigSeedValFlags, SigSeedValueSpec, enumerate_sig_fields

from processor.errors import Verdict

NO_CHANGES = "certified-no-changes"
NO_NEW_FIELD = "certified-no-new-field"
LOCKED = "fields-locked"


@dataclass(frozen=True, slots=True)
class Locks:
    """What a document's signatures forbid.

    Attributes:
        permission: the strictest of its DocMDP levels; None: none is set.
        specs: the fields each signature locks.
        empty: signature fields that wait for a signer and let us be it.
        signatures: how many regular signatures there are (time-stamps are none).
    """

    permission: MDPPerm | None
    specs: tuple[FieldMDPSpec, ...]
    empty: tuple[str, ...]
    signatures: int

    @property
    def certified(self) -> bool:
        """Whether a new visible field would break what was certified."""
        return self.permission is not None

    def locks(self, field: str) -> bool:
        """Whether a field may no longer change."""
        return any(spec.is_locked(field) for spec in self.specs)

    def against(self, fields: Sequence[str]) -> str:
        """The code that stands against new visible signature fields of these names; "" where nothing does."""
        if self.permission == MDPPerm.NO_CHANGES:
            return NO_CHANGES
        if self.certified:
            return NO_NEW_FIELD
        return LOCKED if any(map(self.locks, fields)) else ""


def _willing(field: generic.DictionaryObject) -> bool:
    """Whether an empty field's seed values let a PAdES signature with SHA-256 and no reason in."""
    if "/SV" not in field:
        return True
    asked = SigSeedValueSpec.from_pdf_object(field["/SV"])
    certifies = asked.seed_signature_type is not None and asked.seed_signature_type.certification_signature()
    unmet = (
        asked.flags & SigSeedValFlags.SUBFILTER and asked.subfilters and asked.subfilters[0] != SigSeedSubFilter.PADES,
        asked.flags & SigSeedValFlags.DIGEST_METHOD and asked.digest_methods and "sha256" not in asked.digest_methods,
        asked.flags & SigSeedValFlags.REASONS and asked.reasons and asked.reasons != ["."],
        asked.flags & SigSeedValFlags.APPEARANCE_FILTER and asked.appearance,
        asked.flags & SigSeedValFlags.ADD_REV_INFO and asked.add_rev_info is not None,
        asked.cert is not None,
        certifies,
    )
    return not any(unmet)


def _empty(reader: PdfFileReader, specs: Sequence[FieldMDPSpec]) -> Iterator[str]:
    for name, value, reference in enumerate_sig_fields(reader):
        if value is None and not any(spec.is_locked(name) for spec in specs) and _willing(reference.get_object()):
            yield name


def read(path: Path) -> Locks:
    """The locks of a document.

    Raises:
        Verdict: `encrypted`, `damaged`.
    """
    try:
        with path.open("rb") as file:
            reader = PdfFileReader(file, strict=False)
            if reader.encrypted:
                raise Verdict("encrypted", "it cannot be sealed")
            signatures = reader.embedded_signatures
            levels = [each.docmdp_level for each in signatures if each.docmdp_level is not None]
            specs = tuple(each.fieldmdp for each in signatures if each.fieldmdp is not None)
            return Locks(min(levels, default=None), specs, tuple(_empty(reader, specs)), len(reader.embedded_regular_signatures))
    except (PdfError, ValueError, KeyError, TypeError) as error:
        raise Verdict("damaged", f"signatures: {type(error).__name__}") from error


def sealable(path: Path) -> str:
    """The code that stands against a visible seal on a document; "" where it can be had."""
    found = read(path)
    code = found.against(())
    return "" if code == NO_NEW_FIELD and found.empty else code
