from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mirimpute.bench.dataset_catalog import named_dataset
from mirimpute.datasets import synthetic
from mirimpute.datasets.registry import DATASETS
from mirimpute.datasets.synthetic import Synthetic
from mirimpute.errors import UserError

NOWHERE = Path("not there")
FAMILIES = {key: kind for key, kind in DATASETS.items() if issubclass(kind, Synthetic)}


@pytest.mark.parametrize("family", FAMILIES.values())
def test_a_table_is_a_function_of_its_options(family: type[Synthetic]) -> None:
    np.random.seed(1)  # noqa: NPY002  the global state must not matter
    first = family(name="a").load(NOWHERE)
    np.random.seed(2)  # noqa: NPY002
    again = family(name="b").load(NOWHERE)
    assert first.sha256 == again.sha256
    assert first.values.shape[0] == 1000
    assert family(name="a", data_seed=1).load(NOWHERE).sha256 != first.sha256
    assert family(name="a", n_rows=10).load(NOWHERE).values.shape[0] == 10
    assert [c.name for c in first.columns][:2] == ["x1", "x2"]


@pytest.mark.parametrize(
    ("family", "option", "value"),
    [
        ("two_gaussians", "n_rows", 1),
        ("two_gaussians", "n_columns", 0),
        ("two_gaussians", "sd", 0.0),
        ("gaussian", "correlation", 1.0),
        ("gaussian", "n_columns", -1),
        ("moons", "noise", -0.1),
        ("heavy_tails", "degrees_of_freedom", 0.0),
        ("heavy_tails", "correlation", -1.5),
        ("bimodal", "sd", 0.0),
        ("ring", "noise", -1.0),
        ("heteroscedastic", "low", -0.1),
        ("heteroscedastic", "high", -0.1),
        ("parabola", "noise", -1.0),
        ("zero_inflated", "sd", -1.0),
        ("bounded", "concentration", 0.0),
        ("lognormal", "scale", 0.0),
        ("lognormal", "correlation", 1.0),
        ("student_t", "degrees_of_freedom", 0.0),
    ],
)
def test_option_outside_its_range(family: str, option: str, value: float) -> None:
    dataset = FAMILIES[family](name="t", **{option: value})
    with pytest.raises(UserError, match=f"{option}={value} .*it has to be"):
        dataset.load(NOWHERE)


@pytest.mark.parametrize(("key", "family"), FAMILIES.items())
def test_each_has_a_name(key: str, family: type[Synthetic]) -> None:
    assert named_dataset(f"synthetic/{key}") == family(name=f"synthetic/{key}")


def test_every_family_is_in_the_registry() -> None:
    classes = [each for each in vars(synthetic).values() if isinstance(each, type) and issubclass(each, Synthetic)]
    assert set(FAMILIES.values()) == set(classes) - {Synthetic}
