"""`Imputer(method=...)`: every method of the registry, as scikit-learn and analysts expect it."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import estimator_checks_generator

from mirimpute import Imputer, MirfImputer
from mirimpute.errors import MirimputeWarning, UserError
from mirimpute.methods.presets import named_method
from mirimpute.methods.registry import METHODS
from tests.imputers.tables import QUICK, imputer, table

NATIVE = [name for name in METHODS if name not in ("command", "sklearn", "statsmodels")]
NEW_ROWS = {"mirf", "mirf_fast", "mean", "knn"}
"""Methods that complete rows that they were not fitted on; all others say that they do not."""


@pytest.mark.parametrize(
    ("estimator", "check"),
    list(estimator_checks_generator(Imputer("mean"))),
    ids=lambda part: getattr(getattr(part, "func", None), "__name__", ""),
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@pytest.mark.parametrize("method", [*NATIVE, "mirf_fast"])
def test_every_method_completes_numbers_categories_and_dates(frame, method):
    fitted = imputer(method, ignore=["id"]).fit(frame)
    done = fitted.transform(frame)
    seen = frame.notna()
    assert done.notna().all(axis=None)
    pd.testing.assert_frame_equal(done.where(seen), frame.where(seen))
    pd.testing.assert_series_equal(done.dtypes, frame.dtypes)
    assert set(done["sex"]) <= {"f", "m"}
    assert (done["age"] % 1 == 0).all()  # whole where it was observed so
    if method in NEW_ROWS:
        assert fitted.transform(table(10, seed=1)).notna().all(axis=None)
    else:
        with pytest.raises(UserError, match="only the table that it was fitted on"):
            fitted.transform(table(10, seed=1))


def test_the_method_mirf_is_mirf_imputer(frame):
    numbers = frame[["age", "score", "day"]]
    own = MirfImputer(preset="mirf_fast", parameters=QUICK["mirf_fast"], random_state=0).fit(numbers)
    other = imputer("mirf_fast", integers=False).fit(numbers)
    pd.testing.assert_frame_equal(own.transform(numbers), other.transform(numbers))
    pd.testing.assert_frame_equal(own.sample(numbers, 2)[1], other.sample(numbers, 2)[1])


def test_draws_are_those_of_the_method_and_no_more_than_it_made(frame):
    fitted = imputer("mice", ignore=["id"]).fit(frame)
    draws = fitted.sample(frame, 4)
    assert not draws[0].equals(draws[1])
    assert fitted.set_params(output="draw").transform(frame).equals(draws[0])
    with pytest.raises(UserError, match="n_draws=5 is more than the 4 draws"):
        fitted.sample(frame, 5)
    with pytest.raises(UserError, match="random_state=3"):
        fitted.sample(frame, 2, random_state=3)
    with pytest.raises(UserError, match="'mean' does not draw"):
        imputer("mean", ignore=["id"]).fit(frame).sample(frame, 2)


def test_multiple_imputation_takes_a_model_for_each_draw_or_says_that_it_cannot(frame, monkeypatch):
    draws = imputer("mice", ignore=["id"]).impute_multiple(frame, 6)  # more than its parameters say
    assert len(draws) == 6
    assert not draws[4].equals(draws[5])
    monkeypatch.setattr("mirimpute.imputers.table_model.learnt", lambda *_: pytest.fail("it learns"))
    for method in ("mean", "knn", "ice", "missforest", "gaussian_em", "hot_deck"):
        with pytest.raises(UserError, match="multiple imputation by it"):
            imputer(method, ignore=["id"]).impute_multiple(frame, 2)


@pytest.mark.slow
def test_multiple_imputation_has_the_same_bits_on_any_number_of_processes(frame):
    numbers = frame[["age", "score"]].to_numpy()
    one, two = (imputer("mirf_fast").impute_multiple(numbers, 3, n_jobs=jobs) for jobs in (None, 2))
    assert np.array_equal(one, two)


def test_parameters_of_the_method_can_be_searched_over(frame):
    x, y = frame[["age", "score", "count"]], np.arange(len(frame))
    pipeline = make_pipeline(Imputer("knn"), Ridge())
    grid = {"imputer__parameters__n_neighbors": [1, 5], "imputer__method": ["knn"]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(x, y)
    assert search.best_params_["imputer__parameters__n_neighbors"] in (1, 5)
    given = {"rounds": 2}
    both = Imputer("mice", parameters=given).set_params(parameters__chains=3, parameters__rounds=5)
    assert both.get_params()["parameters__rounds"] == 5
    assert both.parameters == {"rounds": 5, "chains": 3}
    assert given == {"rounds": 2}
    deep = Imputer("chained").set_params(parameters__solver__steps=3)
    assert deep._method().solver.steps == 3


def test_a_fitted_imputer_can_be_pickled(frame):
    fitted = imputer("knn", ignore=["id"], bounds={"age": (0, 100)}, group="ward").fit(frame)
    again = pickle.loads(pickle.dumps(fitted))
    pd.testing.assert_frame_equal(again.transform(frame), fitted.transform(frame))


def test_kinds_are_as_asked(frame):
    codes = frame.assign(code=np.arange(len(frame)) % 3 + 10.0).drop(columns="id")
    codes.loc[::4, "code"] = np.nan
    done = imputer("ice", kinds={"code": "categorical", "age": "continuous"}).fit(codes)
    assert {column.name: column.kind.value for column in done.columns_}["code"] == "categorical"
    completed = done.transform(codes)
    assert set(completed["code"]) == {10.0, 11.0, 12.0}
    assert (completed["age"] % 1 != 0).any()
    array = codes[["age", "code"]].to_numpy()
    filled = Imputer("ice", kinds={1: "categorical"}).fit_transform(array)
    assert filled.dtype == np.float64
    assert set(filled[:, 1]) == {10.0, 11.0, 12.0}


def test_marks_are_missing_and_types_come_back(frame):
    given = pd.DataFrame({"a": [1, -9, 3, 4] * 5, "b": ["x", "none", "x", "y"] * 5, "c": np.arange(20.0)})
    done = Imputer("mean", missing_values={"a": -9, "b": ["none"]}).fit_transform(given)
    assert done["a"].dtype == given["a"].dtype
    assert done["a"].tolist() == [1, 3, 3, 4] * 5
    assert set(done["b"]) == {"x", "y"}
    array = np.where(np.arange(40.0).reshape(20, 2) % 7 == 0, -1, 2.5)
    assert (Imputer("mean", missing_values=-1).fit_transform(array) == 2.5).all()


def test_indicators_and_empty_columns(frame):
    x = np.array([[1.0, np.nan, 3.0, np.nan], [np.nan, np.nan, 4.0, 1.0], [2.0, np.nan, 5.0, 2.0]])
    with pytest.warns(MirimputeWarning, match="no value at all"):
        fitted = Imputer("mean", add_indicator=True).fit(x)
    done = fitted.transform(x)
    assert fitted.get_feature_names_out().tolist() == ["x0", "x2", "x3", "missingindicator_x0", "missingindicator_x3"]
    assert done.shape == (3, 5)
    assert np.array_equal(done[:, 3:], np.isnan(x[:, [0, 3]]))
    kept = Imputer("mean", keep_empty_features=True).fit_transform(x)
    assert kept.shape == x.shape
    assert not kept[:, 1].any()
    named = frame[["age", "day"]].assign(empty=np.nan)
    done = Imputer("mean", keep_empty_features=True, add_indicator=True).fit_transform(named)
    assert list(done) == ["age", "day", "empty", "missingindicator_age", "missingindicator_day"]
    with pytest.raises(UserError, match="name it in ignore"):
        Imputer("mean", keep_empty_features=True).fit_transform(frame[["age"]].assign(when=pd.NaT))


def test_progress_is_printed_where_it_is_asked_for(frame, capsys):
    imputer("mice", ignore=["id"]).fit(frame)
    assert capsys.readouterr().err == ""
    imputer("mice", ignore=["id"], verbose=1).fit(frame)
    assert "round" in capsys.readouterr().err


def test_simple_methods_do_not_load_torch():
    program = (
        "import sys, numpy as np; from mirimpute import Imputer; "
        "Imputer('ice').fit_transform(np.array([[1.0, 2], [2, np.nan], [3, 7]])); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    "option",
    [
        *({"method": "mise"}, {"method": 3}, {"parameters": [1]}, {"parameters": {"round": 1}}, {"output": "mean"}),
        *({"ignore": "id"}, {"ignore": ["idd"]}, {"ignore": list("abc")}, {"exclude": 3}, {"exclude": ["age", "age"]}),
        *({"ignore": ["id", "age"], "exclude": ["age"]}, {"where": [1, 2]}, {"where": np.ones((3, 3), dtype=bool)}),
        *({"where": pd.DataFrame({"agee": [True] * 90})}, {"where": np.full((90, 7), 2.0)}, {"group": "wards"}),
        *({"group": "id"}, {"group": "age", "exclude": ["age"]}, {"bounds": 3}, {"bounds": {"agee": (0, 1)}}),
        *({"bounds": {"age": 5}}, {"bounds": {"age": (5, 1)}}, {"bounds": {"age": ("a", 1)}}),
        *({"bounds": {"sex": (0, 1)}}, {"bounds": {"age": (30.2, 30.7)}}, {"bounds": {"day": (3, None)}}),
        *({"bounds": {"day": ("no", None)}}, {"bounds": {"age": (float("nan"), 1)}}, {"bounds": {"id": (0, 1)}}),
        *({"min_value": [1, 2]}, {"min_value": "a"}, {"max_value": float("nan")}, {"min_value": 5, "max_value": 1}),
        *({"integers": "yes"}, {"integers": ["score"]}, {"integers": 3}, {"sum_to": [1]}, {"sum_to": {"age": 1}}),
        *({"sum_to": {("age",): 1}}, {"sum_to": {("age", "ages"): 1}}, {"sum_to": {("age", "score"): "x"}}),
        *({"sum_to": {("age", "sex"): 1}}, {"sum_to": {("age", "count"): 9, ("age", "score"): 9}}, {"order": 3}),
        *({"order": "ab"}, {"order": ["ab"]}, {"order": [("age",)]}, {"order": [("age", "ages")]}),
        *({"order": [("age", "day")]}, {"order": [("age", "count"), ("count", "age")]}, {"order": [("age", "sex")]}),
        *(
            {"derived": 3},
            {"derived": {"score": 3}},
            {"derived": {"score": "age +"}},
            {"derived": {"score": "sex + 1"}},
        ),
        *(
            {"derived": {"score": "agee"}},
            {"derived": {"score": "count", "count": "score"}},
            {"derived": {"zz": "age"}},
        ),
        *({"derived": {"score": "age"}, "bounds": {"score": (0, 1)}}, {"kinds": 3}, {"kinds": {"agee": "integer"}}),
        *({"kinds": {"age": "integr"}}, {"kinds": {"sex": "continuous"}}, {"kinds": {"age": "text"}}),
        *({"missing_values": {"agee": 1}}, {"add_indicator": 2}, {"keep_empty_features": "x"}, {"unseen": "x"}),
        *({"verbose": -1}, {"verbose": "x"}, {"device": "gpu"}, {"random_state": -1}),
    ],
    ids=lambda option: next(iter(option)),
)
def test_bad_values_are_one_sentence_before_the_work(frame, option, monkeypatch):
    monkeypatch.setattr("mirimpute.imputers.table_model.learnt", lambda *_: pytest.fail("it learns"))
    with pytest.raises(UserError) as caught:
        Imputer(**{"method": "mean", "ignore": ["id"], **option}).fit(frame)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "value", [pd.Series([1, 2]), pd.DataFrame({"a": [1, 2], "b": [3, 4]})], ids=["series", "frame"]
)
@pytest.mark.parametrize(
    "option",
    ["output", "integers", "unseen", "device", "verbose", "parameters", "kinds", "order", "min_value", "random_state"],
)
def test_a_table_as_an_option_is_one_sentence(frame, option, value):
    with pytest.raises(UserError, match=option) as caught:
        Imputer("mean", ignore=["id"], **{option: value}).fit(frame)
    assert "\n" not in str(caught.value)


def test_whole_columns_may_be_named_by_an_array(frame):
    done = Imputer("mean", ignore=["id"], integers=np.array(["age", "count"])).fit_transform(frame)
    assert (done["age"] % 1 == 0).all()


@pytest.mark.parametrize(
    "mark",
    [1j, object(), len, range(3), pd.DataFrame({"a": [1]}), pd.Series([1]), [1j], [[1]], {"age": [1j]}],
    ids=lambda mark: type(mark).__name__,
)
@pytest.mark.parametrize("backend", ["numpy", "pyarrow"])
def test_a_mark_that_no_cell_can_hold_is_one_sentence(frame, mark, backend):
    given = frame if backend == "numpy" else frame.convert_dtypes(dtype_backend=backend)
    with pytest.raises(UserError, match="missing_values=") as caught:
        Imputer("mean", ignore=["id"], missing_values=mark).fit(given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("mark", [b"x", 10**400, pd.Timestamp("2020-01-01"), ["x", 2.0]], ids=repr)
def test_a_mark_of_another_type_than_a_column_of_arrow_marks_nothing_there(mark):
    given = pd.DataFrame({"a": [1.0, None, 3.0], "b": [1.0, 2.0, 4.0]}).convert_dtypes(dtype_backend="pyarrow")
    done = Imputer("mean", missing_values=mark).fit_transform(given.astype("double[pyarrow]"))
    assert done["a"].tolist() == [1.0, 2.0, 3.0]


def test_what_no_method_takes_is_one_sentence(frame):
    for call, words in (
        (lambda: Imputer("mean").fit(scipy.sparse.eye(5).tocsr()), "toarray"),
        (lambda: Imputer("mean").fit(np.ones((5, 2)), sample_weight=np.ones(5)), "sample_weight"),
        (lambda: imputer("mice", ignore=["id"]).impute_multiple(frame, 2, n_jobs=0), "n_jobs=0"),
        (lambda: imputer("mice", ignore=["id"]).impute_multiple(frame, 1.5), "n_draws=1.5"),
    ):
        with pytest.raises(UserError, match=words):
            call()


def test_more_draws_than_memory_holds_are_refused_before_the_work(frame):
    fitted = imputer("mirf_fast", ignore=["id"]).fit(frame)
    with pytest.raises(UserError, match="GiB"):
        fitted.sample(frame, 10**12)
    with pytest.raises(UserError, match="GiB"):
        imputer("mice", ignore=["id"]).impute_multiple(frame, 10**12)


@pytest.mark.parametrize("given", ["01.03.2021", "06/01/2021", "now", "NaT", "2021-13-01"])
def test_a_bound_of_dates_is_written_in_one_way_alone(given):
    dates = pd.DataFrame({"d": pd.to_datetime(["2021-01-15", "2021-02-15", None, "2021-12-20"]), "a": [1.0, 2, 3, 4]})
    with pytest.raises(UserError, match="2020-12-31"):
        imputer("mean", bounds={"d": (None, given)}).fit_transform(dates)


def test_where_in_another_order_of_rows_is_refused(frame):
    where = frame[["score"]].isna()
    with pytest.raises(UserError, match="another order"):
        imputer("mean", ignore=["id"], where=where[::-1]).fit_transform(frame)


def test_a_method_of_ones_own_is_taken_whole():
    """As an instance; scikit-learn's clone copies it, and what it cannot mean is refused."""
    holes = pd.DataFrame({"a": [1.0, 2.0, np.nan, 4.0, 5.0], "b": [2.0, 4.0, 6.0, 8.0, 10.0]})
    own = named_method("knn", {"n_neighbors": 2})
    assert clone(Imputer(own, random_state=0)).fit_transform(holes)["a"].between(1, 5).all()
    with pytest.raises(UserError, match="'knn' is given whole"):
        Imputer(own, parameters={"rounds": 3}).fit(holes)
    with pytest.raises(UserError, match=rf"method={type(own).__name__} is a class: give an instance of it"):
        Imputer(type(own)).fit(holes)
    with pytest.raises(UserError, match="an instance of a subclass"):
        Imputer(int).fit(holes)
