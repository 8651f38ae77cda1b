"""Looking at screenshots: PNG bytes in, answers out."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable

from PIL import Image

Pixel = tuple[int, ...]


def column_of(png: bytes, wanted: Callable[[Pixel], bool]) -> float:
    """Mean x, in image pixels, of those that are ``wanted``; AssertionError where none is."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    columns = [x for y in range(0, image.height, 2) for x in range(0, image.width, 2) if wanted(image.getpixel((x, y)))]
    assert columns, "no pixel of that colour"
    return sum(columns) / len(columns)


def colour_share(png: bytes) -> float:
    """Share of the most common colour, 0 to 1."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    counts = Counter(image.getpixel((x, y)) for y in range(image.height) for x in range(image.width))
    return counts.most_common(1)[0][1] / counts.total()
