"""Every mechanism is on the page, with the picture that the script draws."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mirimpute.amputation import MECHANISMS
from scripts.mechanism_pictures import FOLDER, draw, example

PAGE = (Path(__file__).parents[2] / "docs/mechanisms.md").read_text(encoding="utf-8")


def test_the_page_has_every_mechanism_with_a_picture():
    assert re.findall(r"^## (\w+)$", PAGE, re.MULTILINE) == re.findall(r"!\[(\w+)\]", PAGE)
    assert set(re.findall(r"\]\(mechanisms/(\w+)\.png\)", PAGE)) == set(MECHANISMS)
    assert {path.stem for path in FOLDER.glob("*.png")} == set(MECHANISMS)


@pytest.mark.parametrize("name", sorted(MECHANISMS))
def test_an_example_shows_what_the_mechanism_hides(name):
    shown = example(name)
    target, beside = shown.pair
    assert shown.found.scored[:, target].any()
    assert target != beside


def test_a_picture_is_drawn_alike_twice(tmp_path):
    pictures = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        draw("mar_threshold", tmp_path / folder / "x.png")
        pictures.append((tmp_path / folder / "x.png").read_bytes())
    assert pictures[0] == pictures[1]
    with Image.open(tmp_path / "a/x.png") as picture:
        assert np.asarray(picture.convert("RGB")).std() > 10
