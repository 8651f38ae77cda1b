"""The Pyodide distribution: its lock file, and the wheels of compiled packages that are not in this package."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from interactive_gym.errors import ConfigError, ServerError
from interactive_gym.packaging.cache import user_cache

PYODIDE_VERSION = "314.0.4"
PYTHON_VERSION = "3.14.2"
PACKAGES_VARIABLE = "INTERACTIVE_GYM_PYODIDE_PACKAGES"
_CDN = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE_VERSION}/full/"
_DOWNLOAD_TIMEOUT_S = 30
_CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")

# What decides the environment markers of a requirement in the browser.
BROWSER_MARKERS = {
    "implementation_name": "cpython",
    "implementation_version": PYTHON_VERSION,
    "os_name": "posix",
    "platform_machine": "wasm32",
    "platform_python_implementation": "CPython",
    "platform_release": "",
    "platform_system": "Emscripten",
    "platform_version": "",
    "python_full_version": PYTHON_VERSION,
    "python_version": PYTHON_VERSION.rpartition(".")[0],
    "sys_platform": "emscripten",
}


@dataclass(frozen=True)
class Wheel:
    """One package of Pyodide's lock file."""

    name: str
    version: str
    file_name: str
    sha256: str
    depends: tuple[str, ...]


@dataclass(frozen=True)
class Pyodide:
    """A folder with Pyodide's core, its lock file, and perhaps some wheels."""

    folder: Path

    def __post_init__(self) -> None:
        missing = [name for name in _CORE if not (self.folder / name).exists()]
        if missing:
            raise ServerError(
                f"Pyodide is incomplete: {self.folder} lacks {', '.join(missing)}. Install interactive-gym again: "
                f"pip install --force-reinstall interactive-gym (from a checkout: make build)."
            )

    @cached_property
    def _lock(self) -> dict[str, dict[str, Any]]:
        packages: dict[str, dict[str, Any]] = json.loads((self.folder / "pyodide-lock.json").read_bytes())["packages"]
        return packages

    def wheel(self, name: str) -> Wheel | None:
        """The package ``name`` of the lock file, in any spelling."""
        entry = self._lock.get(canonicalize_name(name))
        if entry is None:
            return None
        fields = {key: entry[key] for key in ("name", "version", "file_name", "sha256")}
        return Wheel(**fields, depends=tuple(entry["depends"]))

    def wheels(self, names: Iterable[str]) -> list[Wheel]:
        """The named packages and all that they depend on within the lock file, sorted by name."""
        found: dict[str, Wheel] = {}
        waiting = list(names)
        while waiting:
            wheel = self.wheel(waiting.pop())
            if wheel is not None and wheel.name not in found:
                found[wheel.name] = wheel
                waiting += wheel.depends
        return [found[name] for name in sorted(found)]

    def has(self, wheel: Wheel) -> bool:
        """Whether the wheel is part of this installation, so that nothing needs to be fetched."""
        return (self.folder / wheel.file_name).exists()

    def complete(self, wheels: Iterable[Wheel], cache_dir: Path) -> Pyodide:
        """This distribution if it has all ``wheels``, else a copy of it in ``cache_dir`` that has them.

        Raises:
            ConfigError: A wheel is nowhere to be found; says what to do.
        """
        absent = [wheel for wheel in wheels if not self.has(wheel)]
        if not absent:
            return self
        files = [self.folder / name for name in sorted(os.listdir(self.folder))]
        files += [_fetched(wheel) for wheel in absent]
        target = cache_dir / "pyodide" / _short_hash(files)
        for file in files:
            _link(file, target / file.name)
        return Pyodide(target)

    def url(self, wheels: Iterable[Wheel]) -> str:
        """Address under which it is served; changes with its content."""
        return f"/pyodide/{PYODIDE_VERSION}-{_short_hash(self.loaded_files(wheels))}/"

    def size(self, wheels: Iterable[Wheel]) -> int:
        """Bytes that a browser loads, before compression."""
        return sum(file.stat().st_size for file in self.loaded_files(wheels))

    def loaded_files(self, wheels: Iterable[Wheel]) -> list[Path]:
        """What a browser fetches to start Python with ``wheels``."""
        return [self.folder / name for name in (*_CORE, *(wheel.file_name for wheel in wheels))]


def bundled() -> Pyodide:
    """The Pyodide distribution inside this package."""
    return Pyodide(Path(__file__).parents[1] / "_pyodide")


def _fetched(wheel: Wheel) -> Path:
    """The wheel's file, from the user's folder, the cache, or Pyodide's CDN; its sha256 is that of the lock file."""
    given = os.environ.get(PACKAGES_VARIABLE)
    cached = user_cache() / "pyodide" / PYODIDE_VERSION / wheel.file_name
    for path in [Path(given, wheel.file_name), cached] if given else [cached]:
        if path.exists() and _sha256(path.read_bytes()) == wheel.sha256:
            return path
    return _downloaded(wheel, cached)


def _downloaded(wheel: Wheel, target: Path) -> Path:
    url = _CDN + wheel.file_name
    try:
        with urllib.request.urlopen(url, timeout=_DOWNLOAD_TIMEOUT_S) as response:
            data = response.read()
    except (urllib.error.URLError, OSError) as error:
        raise ConfigError(_how_to_get(wheel, f"could not be loaded from {url} ({error})")) from error
    if _sha256(data) != wheel.sha256:
        raise ConfigError(_how_to_get(wheel, f"came from {url} with a wrong checksum"))
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(target)
    return target


def _how_to_get(wheel: Wheel, problem: str) -> str:
    return (
        f"the environment needs the compiled package {wheel.name} {wheel.version}, whose browser build {problem}. "
        f"Put the file {wheel.file_name} (sha256 {wheel.sha256}) into a folder and start with "
        f"{PACKAGES_VARIABLE}=<that folder>, or keep the import of {wheel.name} out of the environment's modules."
    )


def _short_hash(files: Iterable[Path]) -> str:
    whole = hashlib.sha256()
    for file in files:
        whole.update(f"{file.name}\0{_sha256(file.read_bytes())}\n".encode())
    return whole.hexdigest()[:8]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _link(source: Path, target: Path) -> None:
    """A hard link costs no space; a copy where the file systems differ."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
