from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mirimpute.bench.dataset_catalog import named_dataset
from mirimpute.datasets.registry import DATASETS
from mirimpute.datasets.synthetic import (
    Bimodal,
    Bounded,
    Gaussian,
    HeavyTails,
    Heteroscedastic,
    Lognormal,
    Moons,
    Parabola,
    Ring,
    StudentT,
    Synthetic,
    TwoGaussians,
    ZeroInflated,
)
from mirimpute.errors import UserError

NOWHERE = Path("not there")
FAMILIES: list[type[Synthetic]] = [
    TwoGaussians,
    Gaussian,
    Moons,
    HeavyTails,
    Bimodal,
    Ring,
    Heteroscedastic,
    Parabola,
    ZeroInflated,
    Bounded,
    Lognormal,
    StudentT,
]


@pytest.mark.parametrize("family", FAMILIES)
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
    ("dataset", "words"),
    [
        (TwoGaussians(name="t", n_rows=1), "n_rows=1"),
        (TwoGaussians(name="t", n_columns=0), "n_columns=0"),
        (TwoGaussians(name="t", sd=0.0), "sd=0.0"),
        (Gaussian(name="g", correlation=1.0), "correlation=1.0"),
        (Gaussian(name="g", n_columns=-1), "n_columns=-1"),
        (Moons(name="m", noise=-0.1), "noise=-0.1"),
        (HeavyTails(name="h", degrees_of_freedom=0.0), "degrees_of_freedom=0.0"),
        (HeavyTails(name="h", correlation=-1.5), "correlation=-1.5"),
        (Bimodal(name="b", sd=0.0), "sd=0.0"),
        (Ring(name="r", noise=-1.0), "noise=-1.0"),
        (Heteroscedastic(name="h", low=-0.1), "low=-0.1"),
        (Heteroscedastic(name="h", high=-0.1), "high=-0.1"),
        (Parabola(name="p", noise=-1.0), "noise=-1.0"),
        (ZeroInflated(name="z", sd=-1.0), "sd=-1.0"),
        (Bounded(name="b", concentration=0.0), "concentration=0.0"),
        (Lognormal(name="l", scale=0.0), "scale=0.0"),
        (Lognormal(name="l", correlation=1.0), "correlation=1.0"),
        (StudentT(name="s", degrees_of_freedom=0.0), "degrees_of_freedom=0.0"),
    ],
)
def test_option_outside_its_range(dataset: Synthetic, words: str) -> None:
    with pytest.raises(UserError, match=f"{words} .*it has to be"):
        dataset.load(NOWHERE)


@pytest.mark.parametrize("family", FAMILIES)
def test_each_has_a_name(family: type[Synthetic]) -> None:
    key = next(key for key, kind in DATASETS.items() if kind is family)
    assert named_dataset(f"synthetic/{key}") == family(name=f"synthetic/{key}")


def test_every_family_of_the_registry_is_tested_here() -> None:
    assert {kind for kind in DATASETS.values() if issubclass(kind, Synthetic)} == set(FAMILIES)
