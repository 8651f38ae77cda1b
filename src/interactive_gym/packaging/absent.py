"""What this Python has and a participant's does not: parts of the standard library, and the server's side of ours."""

from __future__ import annotations

from interactive_gym.errors import ConfigError
from interactive_gym.packaging.imports import Import
from interactive_gym.packaging.own import BROWSER_PARTS, PACKAGE

# Windows, terminals and users of a machine, and what Pyodide leaves out.
_NOT_IN_PYODIDE = {
    "curses", "dbm", "ensurepip", "grp", "idlelib", "msvcrt", "nt", "pwd", "pydoc_data", "readline", "resource",
    "syslog", "tkinter", "turtle", "turtledemo", "venv", "winreg", "winsound",
}  # fmt: skip
# What Python removed since 3.11 (PEP 594, PEP 632).
_REMOVED = {
    "aifc", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "crypt", "distutils", "imghdr", "imp",
    "lib2to3", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes", "smtpd", "sndhdr", "spwd",
    "sunau", "telnetlib", "uu", "xdrlib",
}  # fmt: skip
STANDARD_LIBRARY = frozenset(_NOT_IN_PYODIDE | _REMOVED)


def refuse_absent(wanted: Import, place: str) -> None:
    """Refuse an import of the researcher's that would fail in every browser, unless it is guarded or inside a function.

    Raises:
        ConfigError: Names the line and the module.
    """
    if wanted.guarded or wanted.lazy or not _is_absent(wanted):
        return
    raise ConfigError(
        f"{place}: {wanted.name!r} does not exist in participants' browsers, which import this file. Move the import "
        f"into the function that needs it, or into a module that the environment, draw and the policies do not import."
    )


def _is_absent(wanted: Import) -> bool:
    top_level, _, rest = wanted.name.partition(".")
    if top_level != PACKAGE:
        return top_level in STANDARD_LIBRARY
    part = rest.partition(".")[0]
    ours = {name.removesuffix(".py") for name in BROWSER_PARTS} | {""}
    return part not in ours and not wanted.optional_child
