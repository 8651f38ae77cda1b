"""What a ``draw`` function draws on: it records commands as data, and a packet is what changed since the last one.

Units are pixels of the scene, from the top left corner, y downwards; angles are radians, clockwise. Whatever is drawn
later, or with a greater ``depth``, lies in front.

    packet   {"full": bool, "set": [object...], "drop": [id...], "order": [id...]}
    object   {"id": str, "t": kind, ...fields}, always whole; a field that equals its default is left out

"set" has new and changed objects in drawing order. A known object keeps its place in that order and new ones come last;
where that would be wrong, "order" lists every id from back to front. Fields and their defaults:

    all      x 0, y 0, depth 0, alpha 1, rot 0, tween 0 (ms), fill null, line null ("#rrggbb"), lw 1
    rect     w, h                  x, y: top left; turns about its centre
    circle   r                     x, y: centre
    ellipse  w, h                  x, y: centre
    arc      r, start, end         x, y: centre; closed false: a slice of pie if true
    line     x2, y2                x, y: the other end; turns about its middle
    polygon  pts [x0, y0, ...]     turns about the centre of its bounding box
    text     s, size 16            x, y: anchor [0, 0]; font "sans-serif", bold false; turns about its anchor
    image    src, w 0, h 0         x, y: anchor [0, 0]; 0: as wide, as high as the picture; turns about its anchor;
                                   src: a data: address or an asset's name; frame null: of that asset; flip false
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict, Unpack

from interactive_gym.rendering import fields
from interactive_gym.rendering.colors import Color

Drawn = dict[str, Any]
"""One object of a packet; plain JSON."""


class Placed(TypedDict, total=False):
    """Keywords of every primitive.

    Args:
        id: Names the object, so that it is the same one in the next picture. Without an id it is the n-th drawn.
        depth: Greater is nearer; 0 if not given.
        alpha: From 0, invisible, to 1, the default.
        rotation: Radians, clockwise; 0 if not given.
        tween: Milliseconds over which the page moves the object from how it looks to this; 0, the default: at once.
    """

    id: str
    depth: float
    alpha: float
    rotation: float
    tween: float


class Outlined(Placed, total=False):
    """Keywords of primitives that have an outline.

    Args:
        outline: Color of the line around it; None, the default: no line.
        line_width: Width of that line in pixels; 1 if not given.
    """

    outline: Color | None
    line_width: float


class Stroked(Placed, total=False):
    """Keywords of a line.

    Args:
        line_width: Width in pixels; 1 if not given.
    """

    line_width: float


PLACED = frozenset(Placed.__annotations__)
OUTLINED = frozenset(Outlined.__annotations__)
STROKED = frozenset(Stroked.__annotations__)


class Surface:
    """Records one picture after the other. ``draw`` describes the whole scene each time; nothing is remembered for it.

    Each primitive raises ValueError for what cannot be drawn: NaN, a negative size, an unknown color, an id that was
    already used in this picture. Numbers may be numpy's. They are kept to hundredths of a pixel.

    Args:
        width: Width of the scene in pixels.
        height: Height of the scene in pixels.
        assets: What ``image`` may name: ``scene.game()["assets"]`` of the scene that is drawn. The surface that
            ``draw`` gets from a page has them.
    """

    def __init__(self, width: int, height: int, assets: Iterable[Mapping[str, Any]] = ()) -> None:
        self.width = width
        self.height = height
        self._frames = {asset["name"]: fields.frames_of(asset) for asset in assets}
        self._drawn: dict[str, Drawn] = {}
        self._sent: dict[str, Drawn] = {}
        self._unnamed = 0

    def rect(
        self, x: float, y: float, w: float, h: float, fill: Color | None = "black", **look: Unpack[Outlined]
    ) -> None:
        """A rectangle, ``w`` by ``h`` pixels, with its top left corner at (x, y); rotated about its centre."""
        drawn = fields.placed("rect", x, y)
        drawn["w"] = fields.size("rect", "w", w)
        drawn["h"] = fields.size("rect", "h", h)
        self._add(drawn, fill, look)

    def circle(self, x: float, y: float, r: float, fill: Color | None = "black", **look: Unpack[Outlined]) -> None:
        """A circle of radius ``r`` around (x, y)."""
        drawn = fields.placed("circle", x, y)
        drawn["r"] = fields.size("circle", "r", r)
        self._add(drawn, fill, look)

    def ellipse(
        self, x: float, y: float, w: float, h: float, fill: Color | None = "black", **look: Unpack[Outlined]
    ) -> None:
        """An ellipse, ``w`` by ``h`` pixels, around (x, y)."""
        drawn = fields.placed("ellipse", x, y)
        drawn["w"] = fields.size("ellipse", "w", w)
        drawn["h"] = fields.size("ellipse", "h", h)
        self._add(drawn, fill, look)

    def arc(
        self,
        x: float,
        y: float,
        r: float,
        start: float,
        end: float,
        fill: Color | None = "black",
        *,
        pie: bool = True,
        **look: Unpack[Outlined],
    ) -> None:
        """A part of a circle of radius ``r`` around (x, y), clockwise from angle ``start`` to ``end``.

        ``pie=True`` is a slice that reaches to the centre. With ``pie=False``, ``outline`` is the curve alone, and
        ``fill`` colors what lies between the curve and its chord.
        """
        drawn = fields.placed("arc", x, y)
        drawn["r"] = fields.size("arc", "r", r)
        drawn["start"] = fields.angle("arc", "start", start)
        drawn["end"] = fields.angle("arc", "end", end)
        if pie:
            drawn["closed"] = True
        self._add(drawn, fill, look)

    def line(self, x1: float, y1: float, x2: float, y2: float, color: Color = "black", **look: Unpack[Stroked]) -> None:
        """A straight line from (x1, y1) to (x2, y2); rotated about its middle."""
        drawn: Drawn = {"t": "line"}
        for field, name, value in (("x", "x1", x1), ("y", "y1", y1), ("x2", "x2", x2), ("y2", "y2", y2)):
            drawn[field] = fields.number("line", name, value)
        drawn["line"] = fields.color("line", "color", color)
        self._place(drawn, look, STROKED)

    def polygon(
        self, points: Iterable[Iterable[float]], fill: Color | None = "black", **look: Unpack[Outlined]
    ) -> None:
        """A closed shape through ``points``, two or more (x, y); rotated about the centre of its bounding box."""
        self._add({"t": "polygon", "pts": fields.points(points)}, fill, look)

    def text(
        self,
        text: str,
        x: float,
        y: float,
        color: Color = "black",
        *,
        size: float = 16,
        font: str = "sans-serif",
        bold: bool = False,
        anchor: tuple[float, float] = (0, 0),
        **placed: Unpack[Placed],
    ) -> None:
        """Text at (x, y), ``size`` pixels high, in a CSS ``font`` family.

        ``anchor`` is the part of the text's box that lies at (x, y), about which it is rotated: (0, 0) is its top left
        corner, (0.5, 0.5) its centre.
        """
        drawn = fields.placed("text", x, y)
        drawn["s"] = fields.string("text", text)
        fields.put(drawn, "size", fields.size("text", "size", size), 16)
        fields.put(drawn, "font", fields.string("font", font), "sans-serif")
        fields.put(drawn, "bold", bool(bold), False)
        fields.put(drawn, "anchor", fields.anchor("text", anchor), [0, 0])
        drawn["fill"] = fields.color("text", "color", color)
        self._place(drawn, placed, PLACED)

    def image(
        self,
        src: str,
        x: float,
        y: float,
        w: float = 0,
        h: float = 0,
        *,
        frame: int | str | None = None,
        flip_x: bool = False,
        anchor: tuple[float, float] = (0, 0),
        **placed: Unpack[Placed],
    ) -> None:
        """A picture, ``w`` by ``h`` pixels: a name given to ``GymScene.assets``, or a ``data:image/png;base64,...``.

        ``frame`` is the cell of a sheet, counted by rows from 0, or the name of an atlas' frame. ``flip_x`` exchanges
        left and right. A ``w`` or ``h`` of 0 is the picture's own. ``anchor`` is the part of it that lies at (x, y),
        about which it is rotated: (0, 0) is its top left corner, (0.5, 0.5) its centre.
        """
        drawn = fields.placed("image", x, y)
        drawn["src"] = fields.source(src, self._frames)
        fields.put(drawn, "frame", fields.frame(src, self._frames.get(src), frame), None)
        fields.put(drawn, "flip", bool(flip_x), False)
        fields.put(drawn, "w", fields.size("image", "w", w), 0)
        fields.put(drawn, "h", fields.size("image", "h", h), 0)
        fields.put(drawn, "anchor", fields.anchor("image", anchor), [0, 0])
        self._place(drawn, placed, PLACED)

    def packet(self, full: bool = False) -> dict[str, Any]:
        """Take the picture and begin the next one, which is empty.

        Returns what changed since the last picture was taken; with ``full``, all of it.
        """
        known = {} if full else self._sent
        changed = [drawn for id, drawn in self._drawn.items() if known.get(id) != drawn]
        packet: dict[str, Any] = {"full": full, "set": changed, "drop": [id for id in known if id not in self._drawn]}
        order = list(self._drawn)
        if order != [id for id in known if id in self._drawn] + [id for id in order if id not in known]:
            packet["order"] = order
        self._sent, self._drawn, self._unnamed = self._drawn, {}, 0
        return packet

    def _add(self, drawn: Drawn, fill: Color | None, look: Outlined) -> None:
        if fill is not None:
            drawn["fill"] = fields.color(drawn["t"], "fill", fill)
        self._place(drawn, look, OUTLINED)

    def _place(self, drawn: Drawn, look: Placed, keywords: frozenset[str]) -> None:
        fields.put_look(drawn, look, keywords)
        id = look.get("id")
        if id is None:
            id = f"#{self._unnamed}"
            self._unnamed += 1
        elif id in self._drawn or not fields.is_name(id):
            raise fields.not_drawn(
                drawn["t"], "id", id, "text that does not begin with '#', and used once in a picture"
            )
        drawn["id"] = id
        self._drawn[id] = drawn
