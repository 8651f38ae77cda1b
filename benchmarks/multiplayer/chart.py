"""The README's picture, from the results: ``python -m benchmarks.multiplayer.chart``."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from benchmarks.common import RESULTS

TARGET = Path(__file__).parents[2] / "docs" / "images" / "key_to_paint.svg"
WIDTH, LEFT, ROW, TOP = 760, 190, 34, 52
INK, MEDIAN, P95 = "#222831", "#2b6cb0", "#a3c4e8"


def chart(games: dict[str, Any]) -> str:
    """A bar for each network: the median dark, up to the 95th percentile light."""
    longest = max(game["key_to_paint_ms"]["p95"] for game in games.values())
    scale = (WIDTH - LEFT - 70) / longest
    rows = [_row(number, name, game, scale) for number, (name, game) in enumerate(games.items())]
    height = TOP + ROW * len(rows) + 16
    title = "From a key press to the picture that shows it, in ms: median, and 95 % of the presses"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
            ' font-family="sans-serif" font-size="14">',
            f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
            f'<text x="16" y="28" fill="{INK}" font-weight="bold">{escape(title)}</text>',
            *rows,
            "</svg>\n",
        ]
    )


def _row(number: int, name: str, game: dict[str, Any], scale: float) -> str:
    median, p95 = game["key_to_paint_ms"]["median"], game["key_to_paint_ms"]["p95"]
    top = TOP + number * ROW
    text = f'y="{top + 16}" fill="{INK}"'
    return (
        f'<text x="{LEFT - 10}" {text} text-anchor="end">{escape(name.replace("+-", "±"))}</text>'
        f'<rect x="{LEFT}" y="{top}" width="{p95 * scale:.1f}" height="22" rx="3" fill="{P95}"/>'
        f'<rect x="{LEFT}" y="{top}" width="{median * scale:.1f}" height="22" rx="3" fill="{MEDIAN}"/>'
        f'<text x="{LEFT + median * scale - 6:.1f}" y="{top + 16}" fill="white" text-anchor="end">{median:.0f}</text>'
        f'<text x="{LEFT + p95 * scale + 6:.1f}" {text}>{p95:.0f}</text>'
    )


if __name__ == "__main__":
    results = json.loads((RESULTS / "multiplayer.json").read_text())
    TARGET.write_text(chart(results["networks"]["games"]), encoding="utf-8")
    print(TARGET)
