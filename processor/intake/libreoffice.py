"""LibreOffice as a process of its own: `python -m processor.intake.libreoffice PROGRAM PROFILE [MACRO]`.

Promises: it is loaded by its library (LibreOfficeKit), as a process without children, helpers, sockets or a pipe: the walls of
a worker leave /tmp closed, where `soffice` insists on one. It runs one macro of ours and ends. Refuses: a document's own macros
(highest security, and told so once more on loading), links, a profile that anybody used before.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import sys
from importlib import resources
from pathlib import Path
from xml.sax.saxutils import escape

from processor.errors import Verdict

_PLACES = ("/usr/lib/libreoffice/program", "/usr/lib64/libreoffice/program", "/opt/libreoffice/program")
_LIBRARIES = ("libmergedlo.so", "libsofficeapp.so")  # the one where all are in one, the other where they are not
_SETTINGS = (
    ("Setup/Office", "ooSetupInstCompleted", "true"),  # else the first start lays its own macros over ours
    ("Setup/L10N", "ooSetupSystemLocale", "vi-VN"),  # A4, and dates and numbers as a Vietnamese office writes them
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Calc/Content/Update", "Link", "2"),  # never
    ("Office.Writer/Content/Update", "Link", "0"),  # never
)
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_REGISTRY = "http://openoffice.org/2001/registry"
_LIBRARY = "http://openoffice.org/2000/library"


COMPONENTS = {"writer": "libswlo.so", "calc": "libsclo.so", "math": "libsmlo.so"}  # packages of their own on Debian


def find(program: str, *components: str) -> Path:
    """LibreOffice's folder `program`.

    Args:
        program: its `soffice`; empty: where the system has it.
        components: those of COMPONENTS that are needed.

    Raises:
        Verdict: `converter-missing`.
    """
    named = program or shutil.which("soffice") or ""
    places = ([Path(named).resolve().parent] if named else []) + ([] if program else [Path(place) for place in _PLACES])
    for place in places:
        if any((place / name).is_file() for name in _LIBRARIES):
            lacking = [name for name in components if not (place / COMPONENTS[name]).is_file()]
            if lacking:
                raise Verdict("converter-missing", f"LibreOffice without {' and '.join(lacking)}")
            return place
    raise Verdict("converter-missing", "LibreOffice is not where it is looked for")


def environment(profile: Path) -> dict[str, str]:
    """What its process is told besides a worker's environment: draw in memory, look for no extensions in the system."""
    own = dict.fromkeys(("HOME", "TMPDIR"), str(profile))
    return {"SAL_USE_VCLPLUGIN": "svp", "UNO_SHARED_PACKAGES_CACHE": (profile / "shared").as_uri(), **own}


def command(program: Path, profile: Path, macro: str = "") -> list[str]:
    """What starts it: it prints its version, runs the macro and ends with 0 if both went well."""
    return [sys.executable, "-P", "-m", __name__, str(program), str(profile), *([macro] if macro else [])]


def lay_out(profile: Path) -> None:
    """Make a profile that holds our macro and nothing else."""
    basic = profile / "user" / "basic" / "Standard"
    basic.mkdir(parents=True)
    (profile / "shared").mkdir()
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, name, value in _SETTINGS
    )
    text = resources.files("processor.intake").joinpath("convert.bas").read_text("utf-8")
    for path, content in (
        (profile / "user" / "registrymodifications.xcu", f'<oor:items xmlns:oor="{_REGISTRY}">{items}</oor:items>'),
        (
            basic.parent / "script.xlc",
            f'<library:libraries xmlns:library="{_LIBRARY}"><library:library library:name="Standard" library:link="false"/>'
            "</library:libraries>",
        ),
        (
            basic / "script.xlb",
            f'<library:library xmlns:library="{_LIBRARY}" library:name="Standard" library:readonly="false" '
            'library:passwordprotected="false"><library:element library:name="Convert"/></library:library>',
        ),
        (
            basic / "Convert.xba",
            '<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Convert" '
            f'script:language="StarBasic">{escape(text)}</script:module>',
        ),
    ):
        path.write_text(_XML + content, "utf-8")


class _Office(ctypes.Structure):
    """`LibreOfficeKit` and its table of functions, as LibreOfficeKit.h has laid them out since 6.0; they only grow."""


class _Functions(ctypes.Structure):
    _fields_ = (
        ("size", ctypes.c_size_t),
        *((name, ctypes.c_void_p) for name in ("destroy", "load", "error", "load_with", "free_error")),
        *((name, ctypes.c_void_p) for name in ("callback", "filters", "features", "password")),
        ("version", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(_Office))),
        ("run_macro", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Office), ctypes.c_char_p)),
    )


_Office._fields_ = (("functions", ctypes.POINTER(_Functions)),)


def _main(program: Path, profile: Path, macro: str) -> int:
    library = next(program / name for name in _LIBRARIES if (program / name).is_file())
    start = ctypes.CDLL(str(library)).libreofficekit_hook_2
    start.restype, start.argtypes = ctypes.POINTER(_Office), (ctypes.c_char_p, ctypes.c_char_p)
    office = start(os.fsencode(program), profile.as_uri().encode())
    if not office:
        return 1
    functions = office.contents.functions.contents
    told = json.loads(functions.version(office))
    print(f"{told['ProductName']} {told['ProductVersion']}{told['ProductExtension']}", flush=True)
    return 0 if not macro or functions.run_macro(office, macro.encode()) else 1


if __name__ == "__main__":
    code = _main(Path(sys.argv[1]), Path(sys.argv[2]), "".join(sys.argv[3:]))
    os._exit(code)  # at once: its threads may wait for each other for ever
