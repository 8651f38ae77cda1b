"""From the keys that a participant holds and taps to the binding that acts in a frame."""

from __future__ import annotations

from collections.abc import Collection, Sequence

SINGLE_KEYSTROKE = "single_keystroke"


class Keys:
    """Chooses among combinations of keys, once per frame.

    A combination matches when each of its keys was down at some time since the last frame, so that no tap is lost. The
    one with most keys counts; among equals the one that was completed last.

    Args:
        combinations: The keys of each binding.
        mode: ``"pressed_keys"``: a combination acts while it is held. ``"single_keystroke"``: each press acts once.
    """

    def __init__(self, combinations: Sequence[Collection[str]], mode: str) -> None:
        self._combinations = [frozenset(keys) for keys in combinations]
        self._single = mode == SINGLE_KEYSTROKE
        self._since: dict[str, int] = {}
        self._presses = 0
        self._waiting: int | None = None

    def choose(self, down: Sequence[str], pressed: Sequence[str]) -> int | None:
        """The position of the binding that acts now, or None.

        Args:
            down: The keys that are held now.
            pressed: The keys that went down since the last call, in order; they may be up again.
        """
        self._note(down, pressed)
        if not self._single:
            return self._best(range(len(self._combinations)))
        for key in pressed:
            completed = [i for i, keys in enumerate(self._combinations) if key in keys]
            best = self._best(completed)
            if best is not None:
                self._waiting = best
        chosen, self._waiting = self._waiting, None
        return chosen

    def _note(self, down: Sequence[str], pressed: Sequence[str]) -> None:
        """Remember when each active key went down; keys that were held before we looked come first."""
        held = {key: self._since[key] for key in down if key in self._since}
        for key in (*(key for key in down if key not in held and key not in pressed), *pressed):
            self._presses += 1
            held[key] = self._presses
        self._since = held

    def _best(self, candidates: Collection[int]) -> int | None:
        active = self._since
        matching = [i for i in candidates if all(key in active for key in self._combinations[i])]
        return max(matching, key=self._rank, default=None)

    def _rank(self, candidate: int) -> tuple[int, int]:
        keys = self._combinations[candidate]
        return len(keys), max(self._since[key] for key in keys)
