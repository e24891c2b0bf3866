"""Which models of Tesseract can really be loaded, for `doctor`.

Promises: every model is loaded by the library the reader uses, from the folder the reader uses, in a process
of its own: a library that is absent or dies on a broken model is an answer, not the end of who asked.
Refuses: to import that library into the process that asks (the coordinator holds the key).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from processor import sandbox

OTHERS = MappingProxyType({"vie": "Vietnamese"})  # a script's model, which slips elsewhere (Debian's tesseract-ocr-script-viet)
_LONGEST = 60  # seconds; loading one model takes 0.05 to 0.3


@dataclass(frozen=True, slots=True)
class Loaded:
    """What Tesseract said: its version ("" where it is absent) and the models that cannot be loaded."""

    version: str
    missing: tuple[str, ...]


def load(wanted: Iterable[str], folder: Path | None = None) -> Loaded:
    """Try every language.

    Args:
        wanted: Tesseract's names.
        folder: where the models are; None: where the reader looks.
    """
    names = sorted(set(wanted))
    with tempfile.TemporaryDirectory(prefix="sohoa-languages-") as private:
        command = [sys.executable, "-P", "-m", __name__, str(folder or ""), *names]
        try:
            said = subprocess.run(
                command, env=sandbox.environment(Path(private)), cwd=private, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_LONGEST, check=False,
            ).stdout  # fmt: skip
        except subprocess.TimeoutExpired as error:
            said = error.stdout or b""
    version, *loaded = said.decode("utf-8", "replace").splitlines() or [""]
    return Loaded(version, tuple(name for name in names if name not in loaded))


def _main(folder: str, names: list[str]) -> None:
    import tesserocr  # in this process only, see the module's promise

    from processor.ocr import reader

    place = folder or str(reader.tessdata())
    print(reader.version(), flush=True)  # a line at a time: what was said before a crash stays said
    for name in names:
        mode = tesserocr.PSM.OSD_ONLY if name == "osd" else tesserocr.PSM.AUTO
        try:
            tesserocr.PyTessBaseAPI(path=place, lang=name, psm=mode).End()
        except RuntimeError:
            continue
        print(name, flush=True)


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2:])
