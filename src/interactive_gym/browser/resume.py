"""An episode that was left, brought back to where it was: its recorded actions are played again, without pictures."""

from __future__ import annotations

from collections.abc import Iterable

from interactive_gym.browser.episode import Episode
from interactive_gym.errors import EnvError
from interactive_gym.records import PLAYED, Row, encode, unpack


def replay(episode: Episode, chunks: Iterable[bytes]) -> None:
    """Play on to the end of ``chunks``, which begin with row -1.

    Raises:
        EnvError: The environment does something else than it did when it was recorded: it is not deterministic.
        Malformed: A chunk is damaged.
    """
    rows = (row for data in chunks for row in unpack(data))
    for recorded in rows:
        if recorded.frame >= 0:
            _check_order(episode, recorded)
            episode.replay(recorded)
        _check_same(episode.row, recorded)


def _check_order(episode: Episode, recorded: Row) -> None:
    if recorded.frame != episode.frame + 1 or episode.over is not None:
        where = f"ends at frame {episode.frame}" if episode.over else f"goes on from frame {episode.frame}"
        raise EnvError(f"the recording has frame {recorded.frame} where the episode {where}", stage="step")


def _check_same(played: Row, recorded: Row) -> None:
    for field in PLAYED:
        if encode(getattr(played, field)) != encode(getattr(recorded, field)):
            raise EnvError(
                f"the episode cannot be resumed: {field} of frame {recorded.frame} came out differently than when they "
                "were recorded, so the environment is not deterministic; `interactive-gym check` says where",
                stage="step" if recorded.frame >= 0 else "reset",
                detail=f"recorded: {getattr(recorded, field)!r}\nplayed:   {getattr(played, field)!r}",
            )
