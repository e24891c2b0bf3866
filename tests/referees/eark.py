"""Asks E-ARK's own validator about packages; runs in a process of its own with `.venv/eark` (scripts/setup --tests), prints JSON.

The validator reads its vocabularies from the network when it is imported; it carries them too, and these are what it gets here.
"""

import io
import json
import sys
import urllib.request
from importlib import resources
from pathlib import Path


def _carried(address: str) -> io.BytesIO:
    name = address.rpartition("/")[2]
    return io.BytesIO((resources.files("eark_validator.ipxml.resources") / "vocabs" / name).read_bytes())


def main(version: str, paths: list[str]) -> None:
    """One line of JSON a package: what was found, by severity."""
    urllib.request.urlopen = _carried
    from eark_validator import packages
    from eark_validator.specifications.specification import SpecificationVersion

    for path in paths:
        report = packages.PackageValidator(Path(path), SpecificationVersion(version)).validation_report
        told = json.loads(report.model_dump_json())
        found = list(told["structure"]["messages"])
        metadata = told.get("metadata") or {}
        for part in metadata.values():
            found += part["messages"]
        rows = [[each["severity"], each["rule_id"], str(each["location"]), each["message"]] for each in found]
        valid = [told["structure"]["status"], *(part["status"] for part in metadata.values())]
        print(json.dumps({"path": path, "status": valid, "found": rows}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
