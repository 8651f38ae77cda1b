"""What happened in a session, as plain numbers."""

from __future__ import annotations

from typing import Any

from interactive_gym.netcode.engine import Engine
from interactive_gym.netcode.shared import Shared


def statistics(shared: Shared, engine: Engine) -> dict[str, Any]:
    """Of the session, and under ``links`` of each link by peer.

    Times are in seconds, ``slowdown`` is the factor of the episode's pace, the rest are counts or frames.
    """
    return {
        "episode": shared.episode,
        "frames": shared.timeline.head,
        "committed": shared.timeline.committed,
        "input_delay": shared.input_delay,
        "window": shared.window.size,
        "slowdown": shared.tempo.pace.factor,
        "step_cost": shared.window.step_cost,
        "save_cost": shared.window.save_cost,
        "rollbacks": shared.replays.rollbacks,
        "replayed": shared.replays.frames,
        "deepest_rollback": shared.replays.deepest,
        "stalls": engine.stalls,
        "stalled_ticks": engine.stalled,
        "dropped_ticks": shared.ticker.dropped,
        "links": {peer: link.statistics() for peer, link in shared.links.items()},
    }
