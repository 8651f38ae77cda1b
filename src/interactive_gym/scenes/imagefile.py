"""Picture files: what their first bytes say of their format and size. The rest is the browser's to decode."""

from __future__ import annotations

import struct
from collections.abc import Callable
from types import MappingProxyType
from typing import Final, NamedTuple

Size = tuple[int, int]
"""Width and height in pixels."""

_SIZE_MARKERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG's frame headers; the three others of the range are tables."""


class Format(NamedTuple):
    """A file format that every browser decodes."""

    suffix: str
    media_type: str


def measured(data: bytes) -> tuple[Format, Size]:
    """The format of a picture, by its content and not its name, and its size.

    Raises:
        ValueError: It is none that is known here, or it is cut off.
    """
    for format, (magic, size) in _FORMATS.items():
        if magic(data):
            try:
                width, height = size(data)
            except (struct.error, IndexError) as problem:
                raise ValueError(f"is a damaged {format.suffix} file") from problem
            if width < 1 or height < 1:
                raise ValueError(f"is a {format.suffix} file without pixels")
            return format, (width, height)
    raise ValueError("is not a picture; save it as png, jpeg, webp or gif")


def _png(data: bytes) -> Size:
    if data[12:16] != b"IHDR":
        raise IndexError
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _gif(data: bytes) -> Size:
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def _jpeg(data: bytes) -> Size:
    """Segments begin with 0xff and a marker; all those before the picture itself say how long they are."""
    place = 2
    while True:
        while data[place] == 0xFF:  # any number of them may come before a marker
            place += 1
        marker = data[place]
        if marker in _SIZE_MARKERS:
            height, width = struct.unpack_from(">HH", data, place + 4)
            return width, height
        (length,) = struct.unpack_from(">H", data, place + 1)
        if length < 2 or data[place + 1 + length] != 0xFF:
            raise IndexError
        place += 1 + length


def _webp(data: bytes) -> Size:
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        widths, heights = struct.unpack_from("<3s3s", data, 24)
        return int.from_bytes(widths, "little") + 1, int.from_bytes(heights, "little") + 1
    raise IndexError


_FORMATS: Final[MappingProxyType[Format, tuple[Callable[[bytes], bool], Callable[[bytes], Size]]]] = MappingProxyType(
    {
        Format("png", "image/png"): (lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"), _png),
        Format("jpeg", "image/jpeg"): (lambda data: data.startswith(b"\xff\xd8\xff"), _jpeg),
        Format("webp", "image/webp"): (lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP", _webp),
        Format("gif", "image/gif"): (lambda data: data[:6] in (b"GIF87a", b"GIF89a"), _gif),
    }
)
