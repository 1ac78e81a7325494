"""Cells are hidden in one way, for the rows of a cell and for a search of parameters."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from mirimpute.amputation.registry import MECHANISMS
from mirimpute.bench.cell import run_cell
from mirimpute.bench.config import CellConfig, Protocol
from mirimpute.bench.dataset_catalog import named_dataset
from mirimpute.bench.hide import hide, hold_out
from mirimpute.bench.tuning import masked_problem
from mirimpute.errors import UserError
from mirimpute.methods.base import Problem
from mirimpute.methods.presets import named_method
from mirimpute.table.table import table_from_frame
from tests.methods.conftest import correlated, problem_of


def test_a_search_gets_the_cells_that_are_hidden_in_the_row(tmp_path):
    config = CellConfig(
        named_dataset("iris"),
        MECHANISMS["mcar"](name="mcar"),
        named_method("mean"),
        Protocol(metrics=["rmse"], shrunk_metrics=[]),
        missing_rate=0.4,
        seed=3,
        results_dir=str(tmp_path),
    )
    row = run_cell(config, tmp_path).row
    problem = masked_problem("iris", 0.4, 3)
    assert hashlib.sha256(np.packbits(problem.missing).tobytes()).hexdigest() == row["mask_sha256"]


def test_the_seed_and_the_label_choose_the_cells(tmp_path):
    table = named_dataset("iris").load(tmp_path)
    mcar = MECHANISMS["mcar"](name="mcar")
    first, again = (hide(table, "iris", mcar, 0.3, 0) for _ in range(2))
    assert np.array_equal(first.x_incomplete, again.x_incomplete, equal_nan=True)
    for other in (hide(table, "iris", mcar, 0.3, 1), hide(table, "another", mcar, 0.3, 0)):
        assert not np.array_equal(first.x_incomplete, other.x_incomplete, equal_nan=True)
        assert first.method_seed != other.method_seed
    kept = ~first.amputation.scored
    assert np.array_equal(first.x_incomplete[kept], table.values[kept])


def test_a_row_says_how_many_of_the_hidden_cells_are_categories():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"a": rng.normal(size=200), "b": rng.choice(["x", "y"], 200), "c": rng.choice(["u", "v"], 200)}
    )
    table = table_from_frame(frame, "mixed")
    hidden = hide(table, "mixed", MECHANISMS["mcar"](name="mcar"), 0.3, 0)
    facts = hidden.facts(table)
    assert facts["scored_cells"] == hidden.amputation.scored.sum() == 180
    assert facts["scored_categories"] == hidden.amputation.scored[:, 1:].sum() > 90


def test_a_driver_is_given_by_its_name(tmp_path):
    table = named_dataset("iris").load(tmp_path)
    by_name, by_number = (
        hide(table, "iris", MECHANISMS["mar_driver"](name="m", driver=driver), 0.3, 0)
        for driver in ("petal width (cm)", "3")
    )
    assert not by_name.amputation.scored[:, 3].any()
    np.testing.assert_array_equal(by_name.amputation.scored, by_number.amputation.scored)


@pytest.mark.parametrize("name", ["mcar", "mar", "mnar_logistic", "mnar_self", "mnar_quantile"])
def test_identities_of_the_first_mechanisms_have_not_changed(name):
    """Neither the strength that came later nor a version is in them, so rows of before are found again."""
    parameters = {"mar": ["observed_fraction"], "mnar_logistic": ["observed_fraction"], "mnar_quantile": ["quantile"]}
    mechanism = MECHANISMS[name](name=name)
    assert set(mechanism.identity()) == {"name", "class", *parameters.get(name, [])}
    assert MECHANISMS["mar"](name="mar", strength=2.0).identity()["strength"] == 2.0
    assert MECHANISMS["copy"](name="copy").identity()["version"] == 2


def test_held_out_cells_are_observed_and_leave_something_in_every_row_and_column():
    problem = problem_of(correlated(n=50, d=3, rate=0.4)[1])
    part, cells = hold_out(problem, 0.5)
    assert cells.sum() > 10
    assert not (cells & problem.missing).any()
    assert np.array_equal(part.missing, problem.missing | cells)
    assert not part.missing.all(axis=1).any()
    assert (2 * cells.sum(axis=0) <= (~problem.missing).sum(axis=0)).all()
    again, same = hold_out(problem, 0.5)
    assert np.array_equal(cells, same)
    assert np.array_equal(again.x_incomplete, part.x_incomplete, equal_nan=True)


def test_the_indicators_of_a_category_are_held_out_together():
    indicators = np.eye(3)[np.arange(60) % 3]
    x = np.column_stack([np.linspace(-1, 1, 60), indicators])
    x[::7, 1:] = np.nan
    problem = problem_of(x)
    _, cells = hold_out(Problem(x, problem.columns, 0, categorical=(np.array([1, 2, 3]),)), 0.3)
    assert cells[:, 1].any()
    assert np.array_equal(cells[:, 1], cells[:, 2])
    assert np.array_equal(cells[:, 1], cells[:, 3])


def test_a_table_too_small_to_hold_out_of_is_refused():
    with pytest.raises(UserError, match="2 observed cells"):
        hold_out(problem_of(np.array([[1.0, np.nan], [np.nan, 1.0]])))
