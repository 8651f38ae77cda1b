"""``python -m tests.server.served FOLDER PORT``: the server of these tests as a process of its own, to be killed."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest.mock import patch

from interactive_gym.server.run import serve
from interactive_gym.server.settings import Settings
from tests.server.running import built, experiment

folder, port = Path(sys.argv[1]), int(sys.argv[2])
client, runtime = built(folder)
with patch("interactive_gym.server.app.build_runtime", return_value=runtime):
    serve(experiment(), Settings(port=port, data_dir=folder / "data", client_dir=client))
