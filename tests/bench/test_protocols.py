"""Each protocol preset gives one completed table the values of its paper's own definition, computed here apart."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import open_dict
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.stats import wasserstein_distance
from sklearn.impute import KNNImputer
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from mirimpute.bench.cell import run_cell
from mirimpute.bench.conf_location import conf_dir
from mirimpute.bench.sweeps.schema import cell_config, register_schema
from mirimpute.errors import UserError
from mirimpute.seeding import generator


@dataclass
class Scored:
    """A cell's row, with the tables that it scored, in original units."""

    row: dict
    truth: np.ndarray
    incomplete: np.ndarray
    point: np.ndarray

    @property
    def missing(self):
        return np.isnan(self.incomplete)


def config_of(*overrides):
    register_schema()
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        cfg = compose("config", overrides=list(overrides), return_hydra_config=True)
    with open_dict(cfg):
        del cfg["hydra"]
    return cell_config(cfg)


@pytest.fixture
def cell(tmp_path):
    """Run one cell of a preset on wine_recognition, 13 columns whose units differ by three orders of magnitude."""

    def run(*overrides, method="knn"):
        config = config_of("dataset=wine_recognition", f"method={method}", "save_tables=true", *overrides)
        result = run_cell(replace(config, results_dir=str(tmp_path)), tmp_path)
        assert result.row["status"] == "ok", result.row["reason"]
        tables = {path.stem: pd.read_parquet(path).to_numpy() for path in (result.directory / "tables").iterdir()}
        return Scored(result.row, tables["truth"], tables["incomplete"], tables["point"])

    return run


def transport_cost(x, y):
    """Return min over permutations of the mean squared distance, by the Hungarian algorithm."""
    cost = cdist(x, y, "sqeuclidean")
    return cost[linear_sum_assignment(cost)].mean()


def errors(scored, scaler):
    return (scaler.transform(scored.point) - scaler.transform(scored.truth))[scored.missing]


@pytest.mark.parametrize("mechanism", ["mcar", "mar", "mnar_quantile"])
def test_muzellec2020(cell, mechanism):
    """MAE and RMSE on missing cells of sklearn's scale(X); OT = emd2 of squared distances / 2 on rows that miss one."""
    scored = cell("protocol=muzellec2020", f"mechanism={mechanism}")
    scaler = StandardScaler().fit(scored.truth)
    error = errors(scored, scaler)
    rows = scored.missing.any(axis=1)
    cost = transport_cost(scaler.transform(scored.truth)[rows], scaler.transform(scored.point)[rows])
    assert scored.row["point_mae"] == pytest.approx(np.abs(error).mean(), rel=1e-9)
    assert scored.row["point_rmse"] == pytest.approx(np.sqrt((error**2).mean()), rel=1e-9)
    assert scored.row["point_w2sq_half"] == pytest.approx(cost / 2, rel=1e-9)


def test_hyperimpute2022(cell):
    """RMSE on missing cells of the min-max scaled table; WD = sum over columns of W1 between whole columns."""
    scored = cell("protocol=hyperimpute2022", "mechanism=mar", "missing_rate=0.5")
    scaler = MinMaxScaler().fit(scored.truth)
    truth, point = scaler.transform(scored.truth), scaler.transform(scored.point)
    distance = sum(wasserstein_distance(truth[:, j], point[:, j]) for j in range(truth.shape[1]))
    assert scored.row["point_rmse"] == pytest.approx(np.sqrt((errors(scored, scaler) ** 2).mean()), rel=1e-9)
    assert scored.row["point_w1_marginal_sum"] == pytest.approx(distance, rel=1e-9)


def test_knewimp2024(cell):
    """MAE on missing cells of the standardised table; WASS = squared 2-Wasserstein of rows that miss one."""
    scored = cell("protocol=knewimp2024", "mechanism=mar")
    scaler = StandardScaler().fit(scored.truth)
    rows = scored.missing.any(axis=1)
    cost = transport_cost(scaler.transform(scored.truth)[rows], scaler.transform(scored.point)[rows])
    assert scored.row["point_mae"] == pytest.approx(np.abs(errors(scored, scaler)).mean(), rel=1e-9)
    assert scored.row["point_w2sq"] == pytest.approx(cost, rel=1e-9)
    complete = ~scored.missing.any(axis=0)
    assert complete.sum() == 6  # half of 13 columns, rounded down, stay observed


def test_diffputer2025(cell):
    """MAE and RMSE on missing cells of the 70 % of rows that are learnt from, in deviations of their observed cells."""
    scored = cell("protocol=diffputer2025", "mechanism=mar")
    assert len(scored.truth) == round(0.7 * 178)
    deviation = np.nanstd(scored.incomplete, axis=0)
    error = ((scored.point - scored.truth) / deviation)[scored.missing]
    assert scored.row["realised_rate"] == pytest.approx(0.3, abs=1e-3)
    assert scored.row["point_mae"] == pytest.approx(np.abs(error).mean(), rel=1e-9)
    assert scored.row["point_rmse"] == pytest.approx(np.sqrt((error**2).mean()), rel=1e-9)


def test_new_rows_are_completed_by_a_model_of_the_others(cell):
    """Of knn it is scikit-learn's own transform; the rows left for it are those that the tables do not hold."""
    scored = cell("protocol=diffputer2025", "mechanism=mcar")
    everything = cell("protocol=default", "mechanism=mcar")  # same mask: it depends on dataset, mechanism and seed
    order = generator(0, "split", "wine_recognition").permutation(178)
    learnt, new = np.sort(order[: len(scored.truth)]), np.sort(order[len(scored.truth) :])
    assert np.array_equal(everything.incomplete[learnt], scored.incomplete, equal_nan=True)
    mean, deviation = np.nanmean(scored.incomplete, axis=0), np.nanstd(scored.incomplete, axis=0)
    imputer = KNNImputer(n_neighbors=10, weights="distance").fit((scored.incomplete - mean) / deviation)
    completed = imputer.transform((everything.incomplete[new] - mean) / deviation)
    error = (completed - (everything.truth[new] - mean) / deviation)[everything.missing[new]]
    assert scored.row["test_point_rmse"] == pytest.approx(np.sqrt((error**2).mean()), rel=1e-9)
    assert scored.row["test_rows"] == len(new)


def test_methods_that_complete_no_new_rows_have_no_score_on_them(cell):
    row = cell("protocol=diffputer2025", "mechanism=mcar", method="ice").row
    assert row["test_point_rmse"] is None
    assert row["point_rmse"] > 0


def test_miri2025(cell):
    """MMD² with a Gaussian kernel of median width, on the standardised table (rows that miss a cell)."""
    scored = cell("protocol=miri2025", "mechanism=mcar", "missing_rate=0.4")
    scaler = StandardScaler().fit(scored.truth)
    rows = scored.missing.any(axis=1)
    x, y = scaler.transform(scored.truth)[rows], scaler.transform(scored.point)[rows]
    h = np.median(cdist(x, x)[np.triu_indices(len(x), 1)])

    def kernel(a, b):
        return np.exp(-cdist(a, b, "sqeuclidean") / (2 * h**2))

    value = kernel(x, x).mean() + kernel(y, y).mean() - 2 * kernel(x, y).mean()
    assert scored.row["point_mmd2_v"] == pytest.approx(value, rel=1e-7)


def test_rate_of_eligible_columns_is_the_rate_of_every_column_that_may_lose_cells(cell):
    scored = cell("protocol=muzellec2020", "mechanism=mar")
    by_column = scored.missing.mean(axis=0)
    assert by_column[by_column > 0] == pytest.approx(0.3, abs=0.01)
    assert (by_column == 0).sum() == 3  # 30 % of 13, rounded down


def test_methods_see_the_observed_scale_whatever_the_protocol(cell):
    """The scale of the scores is nobody's business but the scores': the completed tables agree bit by bit."""
    first = cell("protocol=knewimp2024", "mechanism=mcar")
    second = cell("protocol=muzellec2020", "mechanism=mcar")
    assert np.array_equal(first.incomplete, second.incomplete, equal_nan=True)
    assert np.array_equal(first.point, second.point)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["protocol=knewimp2024", "mechanism=mnar_self"],
            "protocol=knewimp2024 has no mechanism 'mnar_self': give one",
        ),
        (["protocol=miri2025", "missing_rate=0.3"], "protocol=miri2025 has no missing_rate=0.3: give one of 0.2, 0.4"),
        (["protocol.scaler=zscore"], "unknown protocol.scaler 'zscore'"),
    ],
)
def test_what_a_paper_did_not_do_is_refused_under_its_name(overrides, message):
    with pytest.raises(UserError, match=message):
        config_of(*overrides).check()


def test_downstream_ratios_stand_in_the_row(cell):
    """The table completed by means is the second reference itself."""
    row = cell("protocol=downstream", "mechanism=mcar", method="mean").row
    for name in ("downstream_boosted", "downstream_linear"):
        assert row[f"point_{name}_mean"] == pytest.approx(1.0, rel=1e-6)
        assert row[f"point_{name}"] > 0.5
