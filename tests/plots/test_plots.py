"""What the pictures hold is what the tables hold."""

import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from mirimpute import overimpute, plots, sensitivity
from mirimpute.diagnostics.holes import holes_of
from mirimpute.errors import UserError

from ..analysis import golden
from ..diagnostics.filled import before_and_after, hot_deck


@pytest.fixture(scope="module")
def tables():
    before, completed = before_and_after()
    return before, completed, [hot_deck(before, seed) for seed in range(20)]


def points(axes):
    """Return the points of each cloud, (k, 2) each."""
    return [np.asarray(each.get_offsets()) for each in axes.collections if len(each.get_offsets())]


def test_the_matrix_shows_each_missing_cell(tables):
    before = tables[0]
    (image,) = plots.matrix(before).axes[0].images
    colours = np.asarray(image.get_array())
    assert colours.shape[:2] == before.shape
    assert np.array_equal(colours[..., 3] > 0.5, before.isna().to_numpy())


def test_many_rows_are_blocks_whose_colour_is_the_share():
    frame = pd.DataFrame({"a": [np.nan, 1.0] * 3000, "b": [1.0] * 6000})
    colours = np.asarray(plots.matrix(frame).axes[0].images[0].get_array())
    assert len(colours) == 300
    assert colours[:, 0, 3] == pytest.approx(0.25 + 0.75 * 0.5)


def test_shares_and_patterns_are_counts(tables):
    before = tables[0]
    bars = plots.shares(before).axes[0].patches
    assert [bar.get_width() for bar in bars] == pytest.approx(sorted(100 * before.isna().mean()))
    _, right = plots.patterns(before).axes
    assert [bar.get_width() for bar in right.patches] == holes_of(before).patterns[1].tolist()[:15]


def test_flux_is_where_its_numbers_are():
    (cloud,) = points(plots.flux(golden.incomplete()).axes[0])
    expected = golden.read("flux.csv")[["influx", "outflux"]].to_numpy()
    assert cloud == pytest.approx(expected)


def test_densities_and_bars_of_observed_and_imputed_values(tables):
    before, completed, draws = tables
    figure = plots.distributions(before, completed, draws, columns=["crp", "ward"])
    density, bars = figure.axes
    for line in density.lines:
        x, y = np.asarray(line.get_data())
        assert 0.8 < np.trapezoid(y, x) < 1.001  # the tails beyond what was seen are cut
    assert len(density.lines) == 6  # five draws and the observed
    seen = before["ward"].value_counts(normalize=True).sort_index()
    assert [bar.get_height() for bar in bars.containers[0]] == pytest.approx(seen.tolist())
    made = [draw.loc[before["ward"].isna(), "ward"].value_counts(normalize=True) for draw in draws[:5]]
    mean = pd.concat(made, axis=1).fillna(0).mean(axis=1).sort_index()
    assert [bar.get_height() for bar in bars.containers[1]] == pytest.approx(mean.tolist())


def test_strips_hold_the_values_of_each_draw(tables):
    before, completed, draws = tables
    clouds = points(plots.strip(before, completed, draws, columns=["crp"]).axes[0])
    hidden = before["crp"].isna()
    assert len(clouds) == 9
    assert sorted(clouds[0][:, 1]) == pytest.approx(sorted(before["crp"].dropna()))
    assert sorted(clouds[3][:, 1]) == pytest.approx(sorted(draws[2].loc[hidden, "crp"]))


def test_clouds_of_two_columns(tables):
    before, completed, _ = tables
    observed, imputed = points(plots.xy(before, completed, "crp", ["age"]).axes[0])
    hidden = before["crp"].isna()
    expected = completed.loc[hidden, ["age", "crp"]].to_numpy()
    assert np.array(sorted(imputed.tolist())) == pytest.approx(np.array(sorted(expected.tolist())))
    assert len(observed) == (~hidden).sum()
    assert len(plots.xy(before, completed, "crp").axes) == 2


def test_overimputation_draws_intervals_at_the_truth(tables):
    found = overimpute(tables[0], lambda table: [hot_deck(table, seed) for seed in range(19)])
    axes = plots.overimputation(found, ["age"]).axes[0]
    lines = [each.get_segments() for each in axes.collections if isinstance(each, LineCollection)]
    ends = np.concatenate([np.array(each)[:, :, 1] for each in lines if each])
    expected = np.column_stack(found.ends(0))
    assert np.array(sorted(ends.tolist())) == pytest.approx(np.array(sorted(expected.tolist())))
    with pytest.raises(UserError, match="no cell of column 'x'"):
        plots.overimputation(found, ["x"])


def test_propensity_and_trace(tables):
    before, completed, _ = tables
    observed, imputed = points(plots.propensity(before, completed, "crp").axes[0])
    assert (len(observed), len(imputed)) == (before["crp"].notna().sum(), before["crp"].isna().sum())
    steps = [{"round": 1, "loss": 2.0, "kind": "a"}, {"round": 2, "loss": 1.0, "kind": "a"}]
    (axes,) = plots.trace(steps).axes
    assert axes.lines[0].get_ydata().tolist() == [2.0, 1.0]


def test_the_tipping_point_is_marked():
    table = sensitivity(golden.incomplete(), golden.completed(), "chl ~ bmi", "chl", [-60.0, 0.0, 60.0])
    upper, lower = plots.tipping_point(table, "bmi", alpha=float(table.query("term == 'bmi'")["p"].mean())).axes
    lines = table[table["term"] == "bmi"]
    assert upper.lines[0].get_ydata() == pytest.approx(lines["estimate"].to_numpy())
    assert lower.lines[0].get_ydata() == pytest.approx(lines["p"].to_numpy())
    assert any("tips at" in each.get_text() for each in upper.texts)


def test_names_that_are_markup_or_formulas_are_drawn_as_they_are():
    frame = pd.DataFrame({"$x^2$ <b>": [1.0, np.nan], "_a & b": [np.nan, 2.0]})
    for draw in (plots.matrix, plots.shares, plots.patterns, plots.flux):
        figure = draw(frame)
        assert isinstance(figure, Figure)
        figure.canvas.draw()


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda b, c: plots.matrix(b.to_numpy()), "ndarray"),
        (lambda b, c: plots.distributions(b, c, columns=["crpp"]), "unknown column 'crpp'"),
        (lambda b, c: plots.distributions(b, c, columns=["age"]), "nothing missing"),
        (lambda b, c: plots.strip(c, c), "nothing was missing"),
        (lambda b, c: plots.trace([]), "trace is empty"),
        (lambda b, c: plots.propensity(b, c, "age"), "no propensity plot"),
    ],
)
def test_bad_input_is_one_sentence(tables, draw, words):
    with pytest.raises(UserError, match=re.escape(words)):
        draw(tables[0], tables[1])


def test_the_names_load_no_matplotlib():
    program = "import sys, mirimpute, mirimpute.plots; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
