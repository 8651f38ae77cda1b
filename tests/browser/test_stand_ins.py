import sys
from typing import Optional

import pytest

from interactive_gym.browser import stand_ins


@pytest.fixture
def installed():
    """pygame is not among this project's packages, so here it is as lacking as in a browser."""
    finders = list(sys.meta_path)
    stand_ins.install()
    yield
    sys.meta_path[:] = finders
    for name in [name for name in sys.modules if name.split(".")[0] == "pygame"]:
        del sys.modules[name]


def test_pygame_may_be_imported_in_every_way(installed):
    namespace: dict[str, object] = {}
    exec(
        "import pygame\nimport pygame.gfxdraw\nfrom pygame import gfxdraw, Surface\nfrom pygame.locals import *\n"
        "from pygame.math import Vector2\nimport pygame.freetype as freetype",
        namespace,
    )
    assert {"pygame", "gfxdraw", "Surface", "Vector2", "freetype"} <= set(namespace)


def test_modules_may_keep_and_annotate_what_they_imported(installed):
    import pygame

    keys = {pygame.K_UP: 1, pygame.K_DOWN: 2}
    assert keys[pygame.K_DOWN] == 2

    def draw(surface: Optional[pygame.Surface], other: pygame.Rect | None = None) -> "pygame.Surface | int":  # noqa: UP045
        return 0

    class Sprite(pygame.sprite.Sprite):
        pass

    assert not isinstance(draw, pygame.Surface)
    with pytest.raises(stand_ins.NotInBrowser, match="Sprite inherits"):
        Sprite()


def test_using_it_says_what_to_do_instead(installed):
    import pygame

    uses = [
        lambda: pygame.init(),
        lambda: pygame.display.set_mode((600, 400)),
        lambda: pygame.K_UP + 1,
        lambda: pygame.version.vernum >= (2, 0),
        lambda: list(pygame.event),
    ]
    for use in uses:
        with pytest.raises(stand_ins.NotInBrowser, match=r"pygame\..*rendering\(draw="):
            use()
    try:
        pygame.init()
    except pygame.error as error:
        assert "pygame.init() was called" in str(error)


def test_a_real_module_wins(installed, tmp_path, monkeypatch):
    (tmp_path / "pygame.py").write_text("real = True")
    monkeypatch.syspath_prepend(tmp_path)
    import pygame

    assert pygame.real is True


def test_installing_twice_changes_nothing(installed):
    before = list(sys.meta_path)
    stand_ins.install()
    assert sys.meta_path == before


def test_what_python_has_is_left_alone(installed):
    import _multiprocessing

    assert not isinstance(_multiprocessing, stand_ins.StandIn)
