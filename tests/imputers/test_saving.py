"""Saved imputers: what is damaged, foreign or hostile is refused at once, in one sentence."""

import json

import numpy as np
import pandas as pd
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from mirimpute import MirfImputer
from mirimpute.errors import UserError
from mirimpute.imputers.saving import checksum

QUICK = {"rounds": 1, "steps": 12, "final_steps": 12, "width": 16, "batch": 32, "trees": 8}
FLIPS = 900
ROWS = 150


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The bytes of a fitted imputer of numbers and categories."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(ROWS, 1)) + rng.normal(size=(ROWS, 2)), columns=["a", "b"])
    frame["c"] = pd.Categorical(rng.choice(["x", "y", "z"], ROWS))
    frame = frame.mask(rng.random(frame.shape) < 0.2)
    path = tmp_path_factory.mktemp("saved") / "imputer.safetensors"
    MirfImputer(preset="mirf", parameters=QUICK, random_state=0).fit(frame).save(path)
    return path.read_bytes()


@pytest.fixture
def changed(saved, tmp_path):
    """Write the file with other facts or arrays and the checksum that belongs to them; return the path."""

    def write(facts=None, arrays=None, text=None):
        path = tmp_path / "changed.safetensors"
        path.write_bytes(saved)
        with safe_open(path, framework="numpy") as file:
            old = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
            metadata = file.metadata()
        text = (
            text(metadata["mirimpute"]) if text else json.dumps({**json.loads(metadata["mirimpute"]), **(facts or {})})
        )
        new = {**old, **(arrays(old) if arrays else {})}
        save_file(new, path, metadata={"mirimpute": text, "sha256": checksum(text, new)})
        return path

    return write


def _first_child(arrays):
    return next(name for name in sorted(arrays) if name.startswith("donors") and name.endswith(".left"))


def said(path):
    with pytest.raises(UserError) as caught:
        MirfImputer.load(path)
    sentence = str(caught.value)
    assert str(path) in sentence
    assert "\n" not in sentence
    return sentence


def test_a_file_that_is_absent_or_of_another_kind(tmp_path):
    assert "there is no file" in said(tmp_path / "absent")
    (tmp_path / "text").write_text("hello")
    assert "damaged" in said(tmp_path / "text")
    save_file({"a": np.zeros(1)}, tmp_path / "other")
    assert "holds no MIRF imputer" in said(tmp_path / "other")


def test_no_flip_of_a_single_bit_is_read(saved, tmp_path):
    """Of the whole file: lengths, header, JSON and arrays; what is read all the same has not lost anything."""
    rng = np.random.default_rng(0)
    start = 8 + int.from_bytes(saved[:8], "little")
    places = [*range(8), *rng.integers(8, start, FLIPS // 3), *rng.integers(start, len(saved), 2 * FLIPS // 3)]
    path = tmp_path / "flipped.safetensors"
    read = []
    for place in map(int, places):
        content = bytearray(saved)
        content[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(content)
        try:
            MirfImputer.load(path)
        except UserError:
            continue
        read.append(place)
    assert read == []


def test_a_file_that_ends_early_is_refused(saved, tmp_path):
    path = tmp_path / "short.safetensors"
    for length in np.linspace(0, len(saved) - 1, 40).astype(int):
        path.write_bytes(saved[:length])
        said(path)


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({"format": "mirimpute-mirf-10"}, "no MIRF imputer of this version"),
        ({"parts": {"pool": 99}}, "the part 'pool' in version 99"),
        ({"parts": {"crystal_ball": 1}}, "the part 'crystal_ball'"),
        ({"parts": {}}, "not a whole imputer"),
        ({"parts": [1]}, "not a whole imputer"),
        ({"seed": float("inf")}, "not a whole imputer"),
        ({"seed": float("nan")}, "not a whole imputer"),
        ({"seed": None}, "not a whole imputer"),
        ({"columns": []}, "not a whole imputer"),
        ({"columns": [{"name": "a"}]}, "not a whole imputer"),
        ({"columns": 10**9}, "not a whole imputer"),
        ({"names": ["a"] * 1000}, "not a whole imputer"),
        ({"names": None}, "not a whole imputer"),
        ({"parameters": {"engine": "x"}}, "not a whole imputer"),
        ({"parameters": [[1, 2, 3]]}, "not a whole imputer"),
        ({"notes": 5}, "not a whole imputer"),
        ({"large_wholes": {"0": [10**400]}}, "not a whole imputer"),
        ({"large_wholes": {"x": [1]}}, "not a whole imputer"),
    ],
)
def test_an_odd_header_with_its_own_checksum_is_refused(changed, facts, word):
    assert word in said(changed(facts))


@pytest.mark.parametrize(
    "text", [lambda old: "[" * 100_000, lambda old: '{"format": ' + "1" * 5_000 + "}", lambda old: "{"]
)
def test_a_header_too_deep_or_too_long_is_refused(changed, text):
    assert "damaged" in said(changed(text=text))


@pytest.mark.parametrize(
    "hostile",
    [
        lambda old: {"donors.sweeps": np.array([2**62])},
        lambda old: {"donors.sweeps": np.array([-1])},
        lambda old: {"flow.sizes": np.array([1, 2**40, 1])},
        lambda old: {"flow.sizes": np.array([1, 16, 2**62])},
        lambda old: {"flow.sizes": np.array([2**20, 2**10, 2])},
        lambda old: {"flow.sizes": np.array([np.inf, 1, 1])},
        lambda old: {"flow.base.mean": np.full_like(old["flow.base.mean"], np.nan)},
        lambda old: {"flow.base.covariance": old["flow.base.covariance"][:1]},
        lambda old: {"flow.base.mean": np.zeros(0)},
        lambda old: {"scale.mean": np.zeros(7)},
        lambda old: {"bits.0": np.full((2, 3), np.inf)},
        lambda old: {"support.lowest": np.zeros(99)},
        lambda old: {_first_child(old): np.full_like(old[_first_child(old)], 10**6)},
    ],
)
def test_odd_arrays_with_their_own_checksum_are_refused(changed, hostile):
    assert "not a whole imputer" in said(changed(arrays=hostile))


@pytest.mark.parametrize("path", [None, 3, ["a"]])
def test_what_is_no_path_is_refused_with_the_value(path):
    x = np.random.default_rng(0).normal(size=(30, 2))
    x[0, 0] = np.nan
    imputer = MirfImputer(preset="mirf_fast", random_state=0).fit(x)
    for action in (imputer.save, MirfImputer.load):
        with pytest.raises(UserError, match="give the name of a file") as refusal:
            action(path)
        assert repr(path) in str(refusal.value)
