"""The picture files of a game: read when the experiment is built, by the process that serves it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated, Any

from interactive_gym.errors import ConfigError
from interactive_gym.scenes.atlas import Box, frames_of
from interactive_gym.scenes.checks import shown, whole
from interactive_gym.scenes.content import caller_folder
from interactive_gym.scenes.imagefile import Format, Size, measured
from interactive_gym.scenes.parameters import Parameters

MAX_SIDE = 4096
"""Pixels; the largest texture that every browser's WebGL can hold."""

_NAME = re.compile(r"[\w.-]{1,64}")


@dataclass(frozen=True)
class PictureFile:
    """A picture as it is served, and what its frames are.

    Attributes:
        cell: Width and height of the cells of a sheet.
        atlas: The frames of an atlas.
    """

    name: str
    data: bytes = field(repr=False)
    format: Format
    size: Size
    cell: Size | None = None
    atlas: Mapping[str, Box] | None = None

    @cached_property
    def file(self) -> str:
        """Its name on the server: another content is another file."""
        return f"{hashlib.sha256(self.data).hexdigest()[:32]}.{self.format.suffix}"

    def asset(self) -> dict[str, object]:
        """This file as ``protocol.GameAsset``."""
        return {
            "name": self.name,
            "url": f"/pictures/{self.file}",
            "bytes": len(self.data),
            "size": list(self.size),
            "cell": self.cell and list(self.cell),
            "atlas": None if self.atlas is None else {name: list(box) for name, box in self.atlas.items()},
        }


def _folder(value: object) -> Path:
    if not isinstance(value, (str, Path)) or not str(value):
        raise ValueError(f"must be the path of a folder, not {shown(value)}")
    path = caller_folder() / value
    if not path.is_dir():
        raise ValueError(f"{path} is not a folder; give a path relative to the experiment's file")
    return path


def _by_name(check: Callable[[object], Any]) -> Callable[[object], dict[str, Any]]:
    """A dict from names to what ``check`` asks for."""

    def check_all(value: object) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise ValueError(f"must be a dict from names to files, not {shown(value)}")
        for name in value:
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise ValueError(f"{shown(name)} is not a name; use 1 to 64 letters, digits, '_', '-' and '.'")
        return {name: check(given) for name, given in value.items()}

    return check_all


def _path(value: object) -> Path:
    if not isinstance(value, (str, Path)) or not str(value):
        raise ValueError(f"must be the path of a file, not {shown(value)}")
    return Path(value)


def _pair(value: object, expected: str) -> tuple[Any, Any]:
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ValueError(f"must be {expected}, not {shown(value)}")
    return value[0], value[1]


def _sheet(value: object) -> tuple[Path, Size]:
    file, cell = _pair(value, '("file", (width, height)) with the size of a cell in pixels')
    width, height = _pair(cell, "the width and height of a cell in pixels")
    side = whole(1, MAX_SIDE)
    return _path(file), (side(width), side(height))


def _atlas(value: object) -> tuple[Path, Path]:
    picture, frames = _pair(value, '("picture file", "JSON file")')
    return _path(picture), _path(frames)


@dataclass(frozen=True)
class Assets(Parameters):
    folder: Annotated[Path | None, _folder] = None
    images: Annotated[Mapping[str, Path], _by_name(_path)] = field(default_factory=dict)
    sheets: Annotated[Mapping[str, tuple[Path, Size]], _by_name(_sheet)] = field(default_factory=dict)
    atlases: Annotated[Mapping[str, tuple[Path, Path]], _by_name(_atlas)] = field(default_factory=dict)


def read_files(assets: Assets, *, scene: str) -> tuple[PictureFile, ...]:
    """All of them.

    Raises:
        ConfigError: A file cannot be read or is not what it should be, or two have the same name.
    """
    files: dict[str, PictureFile] = {}
    for parameter, name, read in _readers(assets):
        try:
            if name in files:
                raise ValueError("is the name of two pictures")
            files[name] = read()
        except ValueError as problem:
            raise ConfigError(f"{name!r}: {problem}", scene=scene, method="assets", parameter=parameter) from problem
    return tuple(files.values())


def _readers(assets: Assets) -> Iterator[tuple[str, str, Callable[[], PictureFile]]]:
    """Parameter, name, and what reads the file."""
    folder = assets.folder or Path()
    for name, file in assets.images.items():
        yield "images", name, partial(_read_picture, name, folder / file)
    for name, (file, cell) in assets.sheets.items():
        yield "sheets", name, partial(_read_sheet, name, folder / file, cell)
    for name, (file, frames) in assets.atlases.items():
        yield "atlases", name, partial(_read_atlas, name, folder / file, folder / frames)


def _read_picture(name: str, path: Path, cell: Size | None = None) -> PictureFile:
    data = _read(path)
    try:
        format, size = measured(data)
    except ValueError as problem:
        raise ValueError(f"{path} {problem}") from problem
    if max(size) > MAX_SIDE:
        raise ValueError(
            f"{path} has {size[0]} x {size[1]} pixels, of which {MAX_SIDE} x {MAX_SIDE} fit; scale it down"
        )
    return PictureFile(name, data, format, size, cell)


def _read_sheet(name: str, path: Path, cell: Size) -> PictureFile:
    sheet = _read_picture(name, path, cell)
    if sheet.size[0] % cell[0] or sheet.size[1] % cell[1]:
        raise ValueError(
            f"{path} has {sheet.size[0]} x {sheet.size[1]} pixels, which are no whole cells of {cell[0]} x {cell[1]}"
        )
    return sheet


def _read_atlas(name: str, path: Path, frames: Path) -> PictureFile:
    picture, text = _read_picture(name, path), _read(frames)
    try:
        atlas = frames_of(text, picture.size)
    except ValueError as problem:
        raise ValueError(f"{frames} {problem}") from problem
    return replace(picture, atlas=atlas)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise ValueError(f"{path} cannot be read ({problem.strerror}); check its name and folder=") from problem
