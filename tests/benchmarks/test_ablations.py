"""The ablations of mirf: what is changed is changed, and is as it was afterwards."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.ablations import DATASETS, VARIANTS, Without, sweeps_of
from mirimpute.methods.mirf.method import Mirf
from tests.methods.conftest import problem_of


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 2)) @ rng.normal(size=(2, 4)) + 0.3 * rng.normal(size=(120, 4))
    x[rng.random(x.shape) < 0.2] = np.nan
    return problem_of((x - np.nanmean(x, axis=0)) / np.nanstd(x, axis=0))


@pytest.mark.parametrize("part", ["sizes", "weights", "start"])
def test_a_part_that_is_left_out_changes_draws_and_is_back_afterwards(problem, part):
    small = {"steps": 5, "final_steps": 5, "trees": 4, "draws": 4}
    whole, without = Mirf(**small), Without(part=part, **small)
    before = whole.fit(problem).impute().draws
    assert not np.array_equal(without.fit(problem).impute().draws, before)
    assert np.array_equal(whole.fit(problem).impute().draws, before)


def test_each_variant_has_the_cells_of_the_defaults():
    sweeps = sweeps_of(DATASETS[:2], (0,))
    cells = {variant: {cell[:3] for each in of for cell in each.cells} for variant, of in sweeps.items()}
    assert set(cells) == set(VARIANTS)
    assert all(each == cells["mirf"] for each in cells.values())
