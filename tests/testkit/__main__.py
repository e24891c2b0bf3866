"""`python -m tests.testkit OUTDIR --count N --seed S [--dpi 300] [--faults]`: scans and truth; `… sign STATION OUT.pdf`: `person`; `… tomorrow VERB`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.testkit import person, tomorrow
from tests.testkit.samples import write, write_faults


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    if words and words[0] == "sign":
        return person.main(words[1:])
    if words and words[0] == "tomorrow":
        return tomorrow.main(words[1:])
    parser = argparse.ArgumentParser(
        prog="python -m tests.testkit", description="Sample scans and their truth"
    )
    parser.add_argument("folder", type=Path, metavar="OUTDIR")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dpi", type=int, default=300)
    parser.add_argument("--faults", action="store_true", help="also files that must be refused")
    given = parser.parse_args(words)
    truths = write(given.folder, given.count, given.seed, given.dpi)
    truths += write_faults(given.folder, given.seed) if given.faults else []
    text = json.dumps(truths, ensure_ascii=False, indent=1)
    (given.folder / "truth.json").write_text(text + "\n", "utf-8")
    print(f"{len(truths)} files in {given.folder}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
