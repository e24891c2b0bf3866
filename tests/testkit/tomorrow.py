"""A verb of Sohoa as it would be typed tomorrow: what a day leaves behind when it is over can be looked at today.

Only on a copy of a station: what is done a day ahead is in its log, and until then the station itself would be behind it.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence

from processor import cli
from processor.cli import wiring


def main(words: Sequence[str]) -> int:
    """The command line; `sohoa` ends the process with its exit code."""
    today = wiring.now
    wiring.now = lambda: today() + dt.timedelta(days=1)
    sys.argv = ["sohoa", *words]
    cli.main()
    return 0
