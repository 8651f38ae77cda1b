"""``python -m tests.server.served FOLDER PORT MODULE:FUNCTION``: a server for the study that the function makes."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

from interactive_gym.server.run import serve
from interactive_gym.server.settings import Settings
from tests.server.running import built

folder, port = Path(sys.argv[1]), int(sys.argv[2])
module, _, name = sys.argv[3].partition(":")
client, runtime = built(folder)
with patch("interactive_gym.server.app.build_runtime", return_value=runtime):
    serve(getattr(import_module(module), name)(), Settings(port=port, data_dir=folder / "data", client_dir=client))
