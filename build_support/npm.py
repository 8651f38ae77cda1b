"""``python -m build_support.npm ARGUMENTS``: npm in ``client/``, with the node of this Python environment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from build_support.errors import BuildError
from build_support.node import find_node


def main() -> None:
    try:
        node = find_node()
    except BuildError as error:
        sys.exit(f"error: {error}")
    client = Path(__file__).resolve().parents[1] / "client"
    command = [str(node.executable), str(node.npm), *sys.argv[1:]]
    sys.exit(subprocess.run(command, cwd=client, env=node.environment()).returncode)


if __name__ == "__main__":
    main()
