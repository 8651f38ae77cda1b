"""Draws the pictures of the Overcooked example: kitchen.png, and kitchen.json that says where in it each of them is.

Run it after a change: ``python examples/overcooked_art/make.py``. It needs numpy. Every picture is painted by shapes,
from back to front, on a tile of 100 by 100 units; a shape is the distance of each pixel from its edge, negative inside.
"""

import json
import struct
import zlib
from pathlib import Path

import numpy as np

PIXELS = 160  # of one tile
COLUMNS = 6
FOLDER = Path(__file__).parent
STEP = 100 / PIXELS
POINTS = np.meshgrid((np.arange(PIXELS) + 0.5) * STEP, (np.arange(PIXELS) + 0.5) * STEP)

OUTLINE = "#33272a"
WOOD, WOOD_LIGHT, WOOD_DARK = "#c08552", "#d9a36c", "#8d5a3b"
ONION, ONION_LIGHT, ONION_DARK = "#f2c14e", "#f9dc8f", "#c98a1b"
STEEL, STEEL_LIGHT, STEEL_DARK = "#6b7684", "#97a3b0", "#3f4853"
SKIN, HAT, HAT_SHADE = "#f6cfa8", "#ffffff", "#dfe4ea"
COATS = {"blue": ("#3d7dd8", "#2a5aa3"), "orange": ("#ef7d3b", "#b9541c")}


def ellipse(x, y, rx, ry=None):
    ry = ry or rx
    px, py = POINTS
    return (np.hypot((px - x) / rx, (py - y) / ry) - 1) * min(rx, ry)


def box(x, y, w, h, r=0):
    """A rectangle with its top left corner at (x, y) and corners of radius ``r``."""
    px, py = POINTS
    dx, dy = abs(px - x - w / 2) - w / 2 + r, abs(py - y - h / 2) - h / 2 + r
    return np.hypot(np.maximum(dx, 0), np.maximum(dy, 0)) + np.minimum(np.maximum(dx, dy), 0) - r


def bar(x1, y1, x2, y2, r):
    """A line with round ends, ``r`` to each side."""
    px, py = POINTS
    along = ((px - x1) * (x2 - x1) + (py - y1) * (y2 - y1)) / ((x2 - x1) ** 2 + (y2 - y1) ** 2)
    along = np.clip(along, 0, 1)
    return np.hypot(px - x1 - along * (x2 - x1), py - y1 - along * (y2 - y1)) - r


class Tile:
    """A picture in the making: RGB and opacity, from 0 to 1."""

    def __init__(self):
        self.color = np.zeros((PIXELS, PIXELS, 3))
        self.alpha = np.zeros((PIXELS, PIXELS))

    def paint(self, shape, color, alpha=1.0, outline=0.0):
        if outline:
            self.paint(shape - outline, OUTLINE, alpha)
        over = np.clip(0.5 - shape / STEP, 0, 1) * alpha
        rgb = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        together = over + self.alpha * (1 - over)
        weight = np.where(together > 0, over / np.maximum(together, 1e-9), 0)[..., None]
        self.color = self.color * (1 - weight) + rgb * weight
        self.alpha = together
        return self

    def onion(self, x, y, size=1.0):
        self.paint(bar(x, y - 12 * size, x + 2 * size, y - 19 * size, 2.6 * size), "#7aa95c", outline=2)
        self.paint(ellipse(x, y, 15 * size, 14 * size), ONION, outline=2.5)
        self.paint(ellipse(x - 5 * size, y - 4 * size, 5 * size, 6 * size), ONION_LIGHT)
        return self.paint(ellipse(x, y + 11 * size, 6 * size, 1.6 * size), ONION_DARK)

    def plate(self, x, y, size=1.0):
        self.paint(ellipse(x, y, 25 * size, 21 * size), "#f4f6f8", outline=2.5)
        self.paint(ellipse(x, y, 17 * size, 13.5 * size), "#cfd8e1")
        return self.paint(ellipse(x, y + 1, 15.5 * size, 12 * size), "#e9eef3")

    def counter(self):
        self.paint(box(0, 0, 100, 100), WOOD_DARK)
        self.paint(box(1.5, 1.5, 97, 82, 7), WOOD_LIGHT)
        self.paint(box(5, 5, 90, 75, 5), WOOD)
        for y in (22, 44, 64):
            self.paint(bar(14, y, 86, y, 0.9), WOOD_LIGHT, 0.5)
        return self.paint(box(8, 88, 84, 7, 3), WOOD, 0.45)


def onion_stack():
    tile = Tile().counter()
    tile.paint(box(12, 14, 76, 62, 7), "#8a6a3e", outline=2.5)
    tile.paint(box(18, 20, 64, 50, 5), "#5f4526")
    for x, y in ((34, 38), (66, 38), (50, 46), (34, 58), (66, 58)):
        tile.onion(x, y, 0.85)
    return tile


def plate_stack():
    tile = Tile().counter()
    for y in (54, 48, 42):
        tile.plate(50, y, 1.25)
    return tile


def delivery_zone():
    tile = Tile().counter()
    tile.paint(box(9, 9, 82, 68, 6), "#2f7d5b", outline=2)
    for y in (24, 42, 60):
        tile.paint(bar(32, y, 50, y + 10, 4), "#bfe8cf").paint(bar(50, y + 10, 68, y, 4), "#bfe8cf")
    return tile


def pot(inside, shine):
    tile = Tile().counter()
    tile.paint(box(12, 10, 76, 68, 10), "#2e343c")
    for x in (14, 86):
        tile.paint(ellipse(x, 43, 8, 6), STEEL_DARK, outline=2)
    tile.paint(ellipse(50, 43, 33, 31), STEEL, outline=2.5)
    tile.paint(ellipse(50, 43, 28, 26), STEEL_LIGHT)
    tile.paint(ellipse(50, 44, 25.5, 23.5), inside)
    return tile.paint(ellipse(43, 37, 11, 7), shine, 0.35)


def filled_pot(onions):
    tile = pot("#4d5763", "#ffffff") if not onions else pot("#b9cfd8", "#ffffff")
    for x, y in ((39, 40), (61, 40), (50, 54))[:onions]:
        tile.onion(x, y, 0.7)
    return tile


def soup():
    tile = Tile().plate(50, 50, 1.2)
    tile.paint(ellipse(50, 51, 19, 14.5), "#e8a33d").paint(ellipse(45, 47, 8, 4.5), "#f6c877")
    for x, y in ((42, 54), (56, 49), (54, 58)):
        tile.paint(ellipse(x, y, 3.4, 2.6), ONION_LIGHT)
    return tile


def chef(color, side):
    """Somebody who looks down, up, left or right."""
    coat, shade = COATS[color]
    look = {"left": -1, "right": 1}.get(side, 0)
    tile = Tile().paint(ellipse(50, 89, 27, 7), "#000000", 0.2)
    for x in (38, 62):
        tile.paint(box(x - 9 + 2 * look, 82, 18, 10, 5), OUTLINE)
    tile.paint(box(24, 48, 52, 40, 18), coat, outline=2.5)
    tile.paint(box(27, 76, 46, 10, 5), shade)
    if side == "down":
        tile.paint(box(37, 60, 26, 26, 6), "#ffffff", 0.92)
    for x in (25, 75):
        tile.paint(ellipse(x + 8 * look, 66, 8, 9), shade, outline=2)
    tile.paint(ellipse(50 + 2 * look, 44, 24, 20), SKIN, outline=2.5)
    if side == "up":
        tile.paint(ellipse(50, 42, 23, 19), "#6b4a35")
    else:
        for x in (41, 59) if not look else (50 + 5 * look, 50 + 18 * look):
            tile.paint(ellipse(x, 47, 3.2, 4.4), OUTLINE).paint(ellipse(x + 1, 45.6, 1.1), "#ffffff")
        tile.paint(ellipse(50 + 13 * look, 56, 5 - abs(look), 2.2), "#c9765f")
    for x in (34, 50, 66):
        tile.paint(ellipse(x + 2 * look, 20, 13, 12), HAT, outline=2.5)
    tile.paint(box(28 + 2 * look, 18, 44, 18, 4), HAT, outline=2.5).paint(box(28 + 2 * look, 12, 44, 12, 4), HAT)
    tile.paint(box(28 + 2 * look, 30, 44, 7, 3), coat)
    for x in (42, 58):
        tile.paint(bar(x + 2 * look, 14, x + 2 * look, 25, 1), HAT_SHADE)
    return tile


def pictures():
    yield "counter", Tile().counter()
    yield from (("onion_stack", onion_stack()), ("plate_stack", plate_stack()), ("delivery_zone", delivery_zone()))
    yield from ((f"pot_{onions}", filled_pot(onions)) for onions in range(3))
    yield from (("pot_cooking", pot("#d3a15a", "#ffffff")), ("pot_ready", pot("#f0a93b", "#fff3c4")))
    yield from (("onion", Tile().onion(50, 53, 1.5)), ("plate", Tile().plate(50, 50, 1.2)), ("onion_soup", soup()))
    yield from ((f"{color}_{side}", chef(color, side)) for color in COATS for side in ("right", "down", "left", "up"))


def png(rgba):
    height, width, _ = rgba.shape
    rows = b"".join(b"\0" + row.tobytes() for row in rgba)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def main():
    drawn = dict(pictures())
    sheet = np.zeros((-(-len(drawn) // COLUMNS) * PIXELS, COLUMNS * PIXELS, 4), np.uint8)
    frames = {}
    for number, (name, tile) in enumerate(drawn.items()):
        y, x = number // COLUMNS * PIXELS, number % COLUMNS * PIXELS
        sheet[y : y + PIXELS, x : x + PIXELS] = np.round(np.dstack((tile.color, tile.alpha)) * 255)
        frames[name] = {"frame": {"x": x, "y": y, "w": PIXELS, "h": PIXELS}}
    (FOLDER / "kitchen.png").write_bytes(png(sheet))
    (FOLDER / "kitchen.json").write_text(json.dumps({"frames": frames}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
