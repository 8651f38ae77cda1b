"""The picture files that draw functions name, kept with the data: a replay needs them to look as the game did."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from interactive_gym.data import flat
from interactive_gym.errors import ServerError

FOLDER = "pictures"


def keep(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files that are not there yet into the folder of a study; another content has another name.

    Raises:
        ServerError: The folder cannot be written.
    """
    place = folder / FOLDER
    try:
        for name, data in files.items():
            if not (place / name).exists():
                flat.place(data, place / name)
    except OSError as error:
        raise ServerError(f"{place} cannot be written: {error}. The pictures of the games are kept there.") from error
