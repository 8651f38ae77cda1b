"""The distributions that are installed here: which modules are theirs, which files a browser would get of them."""

from __future__ import annotations

import ast
import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

_COMPILED = {".so", ".pyd", ".dll", ".dylib"}
_SOURCES_OF_COMPILED = {".c", ".cc", ".cpp", ".h", ".hpp", ".pyx", ".pxd", ".pxi", ".a", ".o"}
_USELESS = {".pyi", ".pyc", ".pyo", ".pth", ".typed"} | _SOURCES_OF_COMPILED | _COMPILED
_KEPT_METADATA = {"METADATA", "PKG-INFO", "entry_points.txt"}
_USELESS_FOLDERS = {"tests", "__pycache__", "node_modules"}
_NOT_PACKAGES = {"tests", "test", "docs", "doc", "examples", "example", "build", "dist", "scripts", "benchmarks"}


@dataclass(frozen=True, order=True)
class File:
    """A file for the archive: its path inside (with slashes), where it is now, and whose it is."""

    path: str
    source: Path
    owner: str


@dataclass(frozen=True)
class Installed:
    """One installed distribution, of any kind: from a wheel, editable, or beside an old ``egg-info``."""

    distribution: Distribution

    @cached_property
    def name(self) -> NormalizedName:
        return canonicalize_name(self.distribution.metadata["Name"] or "")

    @property
    def version(self) -> str:
        return self.distribution.version

    @cached_property
    def requirements(self) -> list[Requirement]:
        """``Requires-Dist``; what cannot be parsed is not for a browser either."""
        return list(_parsed(self.distribution.requires or []))

    @property
    def root(self) -> Path:
        """The folder that its recorded paths start from: site-packages."""
        return Path(str(self.distribution.locate_file("")))

    @cached_property
    def recorded(self) -> tuple[str, ...]:
        """Paths of ``RECORD`` below ``root``; scripts and headers, which are elsewhere, are left out."""
        record = self.distribution.read_text("RECORD") or ""
        paths = (row[0] for row in csv.reader(record.splitlines()) if row)
        return tuple(path for path in paths if not path.startswith(("../", "/")))

    @cached_property
    def import_names(self) -> frozenset[str]:
        """Top-level names that an ``import`` finds in this distribution."""
        return frozenset(_top_level(self.recorded)) | frozenset(self.sources)

    @cached_property
    def sources(self) -> dict[str, Path]:
        """Of an editable (or egg-info) distribution: top-level name -> its file or folder in the developer's tree."""
        if not self._is_editable:
            return {}
        found = _mapped_by_finders(self.root, self.recorded)
        for folder in self._source_folders():
            found |= _packages_in(folder, self._declared_names())
        return found

    @property
    def _is_editable(self) -> bool:
        direct_url = json.loads(self.distribution.read_text("direct_url.json") or "{}")
        return not self.recorded or bool(direct_url.get("dir_info", {}).get("editable"))

    def _source_folders(self) -> Iterator[Path]:
        """Folders that this distribution adds to ``sys.path``."""
        if not self.recorded:
            yield self.root
        for path in self.recorded:
            if path.endswith(".pth") and (self.root / path).exists():
                lines = (self.root / path).read_text(encoding="utf-8").splitlines()
                yield from (Path(line) for line in lines if line and not line.startswith(("import ", "#")))

    def _declared_names(self) -> frozenset[str]:
        return frozenset((self.distribution.read_text("top_level.txt") or "").split())

    def owns(self, path: Path) -> bool:
        """Whether the module file or package folder ``path`` came with this distribution."""
        if any(path == source or path.is_relative_to(source) for source in self.sources.values()):
            return True
        if not path.is_relative_to(self.root):
            return False
        inside = path.relative_to(self.root).as_posix()
        return inside in self._recorded_set or any(name.startswith(f"{inside}/") for name in self._recorded_set)

    @cached_property
    def _recorded_set(self) -> frozenset[str]:
        return frozenset(self.recorded)

    @cached_property
    def is_compiled(self) -> bool:
        """Whether it has machine code of this computer, which no browser runs."""
        return any(PurePosixPath(path).suffix in _COMPILED for path, _ in self._all_files())

    def files(self) -> list[File]:
        """Python and data files, and of the metadata what programs ask for; no tests, stubs, caches, machine code."""
        return [File(path, source, self.name) for path, source in self._all_files() if is_useful(path)]

    def _all_files(self) -> Iterator[tuple[str, Path]]:
        yield from ((path, self.root / path) for path in self.recorded)
        for name, source in sorted(self.sources.items()):
            if source.is_file():
                yield source.name, source
            else:
                yield from ((f"{name}/{path}", file) for path, file in files_below(source))


class Environment:
    """Everything that is installed for this interpreter.

    Args:
        home: The folder of the experiment's file. What lies there is the researcher's, even where the whole folder is
            installed as editable.
    """

    def __init__(self, home: Path | None = None) -> None:
        self._home = home
        self._by_name: dict[NormalizedName, Installed] = {}
        for distribution in distributions():
            installed = Installed(distribution)
            self._by_name.setdefault(installed.name, installed)

    def get(self, name: str) -> Installed | None:
        """The distribution called ``name``, in any spelling."""
        return self._by_name.get(canonicalize_name(name))

    def owner(self, top_level: str, path: Path) -> Installed | None:
        """The distribution that brought the module ``path`` below the import name ``top_level``."""
        candidates = self._by_import_name.get(top_level, [])
        if any(candidate.sources.get(top_level, Path()).parent == self._home for candidate in candidates):
            return None
        return next((candidate for candidate in candidates if candidate.owns(path)), None)

    @cached_property
    def _by_import_name(self) -> dict[str, list[Installed]]:
        table: dict[str, list[Installed]] = {}
        for installed in self._by_name.values():
            for name in installed.import_names:
                table.setdefault(name, []).append(installed)
        return table


def is_useful(path: str) -> bool:
    """Whether a file of a distribution has a use in a browser."""
    parts = PurePosixPath(path).parts
    if parts[0].endswith((".dist-info", ".egg-info")):
        return len(parts) == 2 and parts[1] in _KEPT_METADATA
    hidden = any(part.startswith(".") for part in parts) or parts[0].startswith("__editable__")
    if hidden or parts[0] == "test" or not _USELESS_FOLDERS.isdisjoint(parts[:-1]):
        return False
    return PurePosixPath(path).suffix not in _USELESS


def files_below(folder: Path) -> list[tuple[str, Path]]:
    """Files of a source tree with their relative paths, without what tools leave there."""
    found = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and "__pycache__" not in inside.parts and not any(part[0] == "." for part in inside.parts):
            found.append((inside.as_posix(), path))
    return found


def _parsed(lines: Iterable[str]) -> Iterator[Requirement]:
    for line in lines:
        try:
            yield Requirement(line)
        except InvalidRequirement:
            continue


def _top_level(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        first, _, rest = path.partition("/")
        if rest and not first.endswith((".dist-info", ".egg-info")):
            yield first
        elif not rest and first.endswith((".py", ".so", ".pyd")):
            yield first.partition(".")[0]


def _mapped_by_finders(root: Path, recorded: Iterable[str]) -> dict[str, Path]:
    """The ``MAPPING`` of the finders that setuptools writes for editable installations."""
    found: dict[str, Path] = {}
    for path in recorded:
        if path.startswith("__editable__") and path.endswith(".py"):
            for node in ast.parse((root / path).read_bytes()).body:
                found |= _literal_mapping(node)
    return found


def _literal_mapping(node: ast.stmt) -> dict[str, Path]:
    if isinstance(node, ast.Assign):
        target, value = node.targets[0], node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        target, value = node.target, node.value
    else:
        return {}
    if not isinstance(target, ast.Name) or target.id != "MAPPING":
        return {}
    places = {name: Path(where) for name, where in ast.literal_eval(value).items()}
    return {name: path if path.is_dir() else path.with_suffix(".py") for name, path in places.items()}


def _packages_in(folder: Path, declared: frozenset[str]) -> dict[str, Path]:
    """Importable names directly in ``folder``; ``declared`` ones only where the distribution says which are its own."""
    found = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        name = path.stem if path.suffix == ".py" else path.name
        importable = path.suffix == ".py" or (path / "__init__.py").exists()
        if importable and (name in declared if declared else name not in _NOT_PACKAGES and name != "setup"):
            found[name] = path
    return found

