"""``python -m build_support``: bring the built client and Pyodide in a checkout up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from build_support.assets import build
from build_support.errors import BuildError


def main() -> None:
    try:
        build(Path(__file__).resolve().parents[1], say=lambda line: print(line, flush=True))
    except BuildError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
