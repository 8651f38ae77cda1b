"""Atlases: a picture of many pictures, and a JSON file that says where each of them is.

TexturePacker writes them, and everything that exports "for Phaser", in one of three forms:

    {"frames": {NAME: FRAME, ...}}                                  JSON (Hash)
    {"frames": [{"filename": NAME, ...FRAME}, ...]}                 JSON (Array)
    {"textures": [{"frames": [{"filename": NAME, ...FRAME}, ...]}]}     Phaser 3

    FRAME   {"frame": {"x", "y", "w", "h"}, "rotated": bool, "trimmed": bool, ...}, in pixels of the picture
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from interactive_gym.scenes.checks import shown
from interactive_gym.scenes.imagefile import Size

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels."""


def frames_of(text: bytes, size: Size) -> dict[str, Box]:
    """The frames of an atlas whose picture has this size.

    Raises:
        ValueError: It is not an atlas, or has a frame that cannot be drawn.
    """
    try:
        atlas = json.loads(text)
    except ValueError as problem:
        raise ValueError(f"is not JSON: {problem}") from problem
    frames: dict[str, Box] = {}
    for name, frame in _named(_single(atlas)):
        if not isinstance(name, str) or not name:
            raise ValueError(f"has a frame without a name: {shown(name)}")
        if name in frames:
            raise ValueError(f"has two frames {name!r}")
        frames[name] = _box(name, frame, size)
    if not frames:
        raise ValueError("has no frames")
    return frames


def _single(atlas: Any) -> Any:
    textures = atlas.get("textures") if isinstance(atlas, dict) else None
    if textures is None:
        return atlas
    if not isinstance(textures, list) or len(textures) != 1:
        raise ValueError("has several textures; export one picture with one JSON file")
    return textures[0]


def _named(atlas: Any) -> Iterator[tuple[Any, Any]]:
    frames = atlas.get("frames") if isinstance(atlas, dict) else None
    if isinstance(frames, dict):
        yield from frames.items()
    elif isinstance(frames, list):
        yield from ((frame.get("filename") if isinstance(frame, dict) else None, frame) for frame in frames)
    else:
        raise ValueError('has no "frames"; export it as "JSON (Hash)", "JSON (Array)" or for Phaser')


def _box(name: str, frame: Any, size: Size) -> Box:
    place = frame.get("frame") if isinstance(frame, dict) else None
    parts: list[Any] = [place.get(part) for part in "xywh"] if isinstance(place, dict) else []
    if [type(part) for part in parts] != [int] * 4:
        raise ValueError(f'frame {name!r} has no "frame" with whole x, y, w and h')
    x, y, w, h = parts
    if x < 0 or y < 0 or w < 1 or h < 1 or x + w > size[0] or y + h > size[1]:
        raise ValueError(f"frame {name!r} at {x}, {y} with {w} x {h} pixels is not inside of {size[0]} x {size[1]}")
    _refuse_packed(name, frame)
    return x, y, w, h


def _refuse_packed(name: str, frame: Mapping[str, Any]) -> None:
    for packed in ("rotated", "trimmed"):
        if frame.get(packed):
            raise ValueError(f"frame {name!r} is {packed}; export the atlas without that")
