"""Picture files: read when the experiment is built, and refused there if they cannot be drawn later."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

import interactive_gym as ig
from interactive_gym.protocol import Game
from interactive_gym.scenes.imagefile import measured
from tests.scenes import kitchen

PICTURES = Path(__file__).parent / "pictures"
GAME = kitchen.complete_game()
FORMATS = [("PNG", {}), ("GIF", {}), ("JPEG", {}), ("JPEG", {"progressive": True}), ("WEBP", {})]
FRAME = {"frame": {"x": 0, "y": 0, "w": 4, "h": 6}}


def encoded(kind: str, size: tuple[int, int] = (31, 7), **options: Any) -> bytes:
    file = io.BytesIO()
    Image.effect_noise(size, 50).convert("RGB").save(file, kind, **options)
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With an atlas' picture of 10 x 20 pixels."""
    (tmp_path / "a.png").write_bytes(encoded("PNG", (10, 20)))
    return tmp_path


@pytest.fixture
def refused(folder: Path) -> Callable[..., str]:
    """What is wrong with a call, whose parameter is ``parameter``."""

    def message(parameter: str, **given: Any) -> str:
        with pytest.raises(ig.ConfigError) as caught:
            GAME.assets(folder=folder, **given)
        assert (caught.value.scene, caught.value.method, caught.value.parameter) == (GAME.id, "assets", parameter)
        return caught.value.problem

    return message


def test_pictures_are_told_to_the_page_as_the_protocol_says() -> None:
    scene = GAME.assets(
        folder="pictures",
        images={"floor": "floor.png"},
        sheets={"chef": ("chef.png", (16, 16))},
        atlases={"kitchen": ("kitchen.png", "kitchen.json")},
    )
    game: Any = scene.game()
    told = {asset.name: asset for asset in msgspec.convert(game, Game, strict=True).assets}
    assert list(told) == ["floor", "chef", "kitchen"]
    for name, asset in told.items():
        assert asset.bytes == (PICTURES / f"{name}.png").stat().st_size
        assert asset.url.startswith("/pictures/") and asset.url.endswith(".png")
    assert [asset.size for asset in told.values()] == [(16, 16), (48, 32), (30, 20)]
    assert [asset.cell for asset in told.values()] == [None, (16, 16), None]
    boxes = {"pot": (0, 0, 20, 20), "plate": (20, 0, 10, 10), "knife": (20, 10, 10, 10)}
    assert [asset.atlas for asset in told.values()] == [None, None, boxes]
    assert json.loads(json.dumps(game)) == game


def test_an_address_is_of_a_content() -> None:
    day = GAME.assets(folder="pictures", images={"floor": "floor.png", "same": "floor.png"})
    night = day.assets(folder="pictures/night", images={"floor": "floor.png"})
    urls = [asset["url"] for scene in (day, night) for asset in scene.game()["assets"]]  # type: ignore[attr-defined]
    assert urls[0] == urls[1] != urls[2]
    (picture,) = night.pictures
    assert (picture.data, picture.file) == ((PICTURES / "night" / "floor.png").read_bytes(), urls[2].rpartition("/")[2])


def test_later_calls_refine_earlier_ones() -> None:
    scene = GAME.assets(folder="pictures", images={"floor": "floor.png"}).assets(
        sheets={"chef": ("chef.png", (16, 16))}
    )
    assert [picture.name for picture in scene.pictures] == ["floor", "chef"]
    assert [picture.name for picture in scene.assets(images={}).pictures] == ["chef"]
    assert [picture.name for picture in scene.pictures] == ["floor", "chef"]
    assert GAME.pictures == ()


def test_without_a_folder_files_lie_beside_the_experiment() -> None:
    (picture,) = GAME.assets(images={"floor": "pictures/floor.png"}).pictures
    assert picture.size == (16, 16)


def test_nothing_is_read_in_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "emscripten")
    assert GAME.assets(folder="none", images={"floor": "none.png"}).pictures == ()


@pytest.mark.parametrize(("kind", "options"), [*FORMATS, ("WEBP", {"lossless": True}), ("WEBP", {"exif": b"Exif\0\0"})])
def test_formats_are_told_by_their_content(kind: str, options: dict[str, Any]) -> None:
    format, size = measured(encoded(kind, **options))
    assert (format.media_type, size) == (f"image/{kind.lower()}", (31, 7))


@pytest.mark.parametrize(("kind", "options"), FORMATS)
def test_a_file_that_is_cut_off_before_its_size_is_refused(kind: str, options: dict[str, Any]) -> None:
    data = encoded(kind, **options)
    whole = measured(data)
    for length in range(len(data)):
        try:
            assert measured(data[:length]) == whole
        except ValueError as problem:
            assert (
                "is not a picture" in str(problem) or "is a damaged" in str(problem) or "without pixels" in str(problem)
            )


def test_a_picture_that_no_graphics_card_takes_is_refused(folder: Path, refused: Callable[..., str]) -> None:
    (folder / "long.png").write_bytes(encoded("PNG", (4097, 1)))
    assert "'sky': " in (problem := refused("images", images={"sky": "long.png"}))
    assert "long.png has 4097 x 1 pixels" in problem


def test_a_name_is_given_once(refused: Callable[..., str]) -> None:
    problem = refused("sheets", images={"a": "a.png"}, sheets={"a": ("a.png", (5, 5))})
    assert problem == "'a': is the name of two pictures"


def test_a_sheet_has_whole_cells(refused: Callable[..., str]) -> None:
    assert "10 x 20 pixels, which are no whole cells of 4 x 5" in refused("sheets", sheets={"a": ("a.png", (4, 5))})


@pytest.mark.parametrize(
    "atlas",
    [
        {"frames": {"pot": FRAME}},
        {"frames": [{"filename": "pot", **FRAME}]},
        {"textures": [{"image": "a.png", "frames": [{"filename": "pot", "rotated": False, **FRAME}]}]},
    ],
)
def test_every_form_of_an_atlas(folder: Path, atlas: Any) -> None:
    (folder / "a.json").write_text(json.dumps(atlas))
    (picture,) = GAME.assets(folder=folder, atlases={"kitchen": ("a.png", "a.json")}).pictures
    assert picture.atlas == {"pot": (0, 0, 4, 6)}


def box(x: Any = 0, y: Any = 0, w: Any = 4, h: Any = 6) -> dict[str, Any]:
    return {"frames": {"pot": {"frame": {"x": x, "y": y, "w": w, "h": h}}}}


@pytest.mark.parametrize(
    ("atlas", "problem"),
    [
        ("{", "is not JSON"),
        ("\udcff", "is not JSON"),
        *((atlas, 'has no "frames"') for atlas in (3, [], {}, {"frames": 3}, {"textures": [{}]})),
        *((atlas, "has several textures") for atlas in ({"textures": []}, {"textures": 3}, {"textures": [{}, {}]})),
        *((atlas, "has no frames") for atlas in ({"frames": {}}, {"frames": []})),
        *((atlas, "without a name") for atlas in ({"frames": [FRAME]}, {"frames": [3]}, {"frames": {"": FRAME}})),
        *((box(w=w), "frame 'pot' has no") for w in (None, "4", 4.5, True)),
        *(({"frames": {"pot": frame}}, "frame 'pot' has no") for frame in (3, {}, {"frame": []})),
        *((box(**out), "not inside of 10 x 20") for out in ({"x": -1}, {"x": 7}, {"y": 15}, {"w": 0}, {"h": 21})),
        ({"frames": [{"filename": "pot", **FRAME}] * 2}, "has two frames 'pot'"),
        ({"frames": {"pot": {**FRAME, "rotated": True}}}, "frame 'pot' is rotated"),
        ({"frames": {"pot": {**FRAME, "trimmed": True}}}, "frame 'pot' is trimmed"),
    ],
)
def test_what_is_no_atlas_is_refused(folder: Path, refused: Callable[..., str], atlas: Any, problem: str) -> None:
    text = atlas if isinstance(atlas, str) else json.dumps(atlas)
    (folder / "a.json").write_bytes(text.encode(errors="surrogateescape"))
    message = refused("atlases", atlases={"kitchen": ("a.png", "a.json")})
    assert problem in message and message.startswith(f"'kitchen': {folder / 'a.json'} ")


def test_a_missing_file_is_named(folder: Path, refused: Callable[..., str]) -> None:
    assert str(folder / "b.png") in refused("images", images={"b": "b.png"})
    assert str(folder / "b.json") in refused("atlases", atlases={"b": ("a.png", "b.json")})
