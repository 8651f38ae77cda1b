"""Which states are kept, so that every frame that may prove wrong can be played again."""

from __future__ import annotations

from bisect import bisect_right

from interactive_gym.netcode.pacing import Window


class History:
    """The frames whose state before the step the host keeps. Frame 0 is always among the first."""

    def __init__(self, window: Window, digest_every: int) -> None:
        self._window = window
        self._digest_every = digest_every
        self._saved: list[int] = []

    def is_hashed(self, frame: int) -> bool:
        """Whether the state before ``frame`` is compared between the peers."""
        return frame % self._digest_every == 0

    def wants(self, frame: int, is_final: bool) -> bool:
        """Whether the state before ``frame`` has to be kept now.

        Sparsely where keeping costs more than stepping, and where the frame ``is_final`` already.
        """
        if self._saved and self._saved[-1] == frame:
            return False
        if self.is_hashed(frame) or not self._saved:
            return True
        return not is_final and frame % self._interval() == 0

    def add(self, frame: int) -> None:
        """The state before ``frame`` was kept."""
        self._saved.append(frame)

    def before(self, frame: int) -> int:
        """The newest kept state from which ``frame`` can be played."""
        return self._saved[bisect_right(self._saved, frame) - 1]

    def rewind(self, frame: int) -> int:
        """The same; later ones are worth nothing any more."""
        del self._saved[bisect_right(self._saved, frame) :]
        return self._saved[-1]

    def forget(self, frame: int) -> int:
        """States that are not needed to play ``frame`` or a later one can go; returns the oldest that is."""
        oldest = bisect_right(self._saved, frame) - 1
        del self._saved[: max(0, oldest)]
        return self._saved[0]

    def _interval(self) -> int:
        """Frames between two saves: about as much time goes into saves as into playing the frames between them."""
        step, save = self._window.step_cost, self._window.save_cost
        return 1 if save <= step else min(self._digest_every, round(save / max(step, 1e-9)))
