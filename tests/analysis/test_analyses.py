"""Pooled models and joint tests against R's mice and mitml, on R's own completed tables."""

import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

import mirimpute
from mirimpute.analysis.analyses import with_
from mirimpute.analysis.joint_tests import d1, li_df, reiter_df
from mirimpute.errors import UserError

from . import golden

FORMULAS = {
    "ols": ("bmi ~ chl + age + hyp", None),
    "logit": ("hyp ~ bmi + chl", None),
    "poisson": ("visits ~ bmi + age", None),
    "cox": ("time ~ bmi + C(age)", "event"),
}
NUMBERS = ["estimate", "se", "statistic", "df", "p", "low", "high", "fmi", "lambda"]
FOUR_DIGITS = 5e-5
PUBLISHED = ([18.76175, 0.05359, -4.5737, -6.6360, 2.1636], [4.0028, 0.02235, 2.0340, 2.4598, 2.0290])


@pytest.fixture(scope="module", params=["stored", "made now"])
def folder(request, tmp_path_factory):
    """R's answers: those that are kept here, and, where there is R, those that it gives now."""
    if request.param == "stored":
        return golden.FOLDER
    if shutil.which("Rscript") is None:
        pytest.skip("no Rscript on this machine: only the stored answers of R are compared with")
    tmp_path = tmp_path_factory.mktemp("r")
    done = subprocess.run(
        ["Rscript", str(golden.FOLDER / "make.R"), str(tmp_path)], capture_output=True, text=True, check=False
    )
    if "there is no package called" in done.stderr:
        pytest.skip("R has no package mice: only the stored answers of R are compared with")
    assert done.returncode == 0, done.stderr
    return tmp_path


def fitted(model, folder=golden.FOLDER):
    formula, status = FORMULAS[model]
    return with_(golden.completed(folder), formula, model, status=status)


def in_the_words_of_r(term):
    """Return R's name of a coefficient."""
    return re.sub(r"(?:C\()?(\w+)\)?\[T\.(.*)\]", r"\1\2", term).replace("Intercept", "(Intercept)")


@pytest.mark.parametrize("model", FORMULAS)
def test_pooled_tables_are_those_of_r(model, folder):
    expected = golden.read("pooled.csv", folder).query("model == @model").set_index("term")
    table = fitted(model, folder).pool()
    table.index = [in_the_words_of_r(term) for term in table["term"]]
    assert set(table.index) == set(expected.index)
    for name in NUMBERS:
        assert table[name].loc[expected.index].to_numpy() == pytest.approx(expected[name].to_numpy(), rel=FOUR_DIGITS)


def test_the_published_values_of_mice():
    table = fitted("ols").pool().set_index("term")
    order = ["Intercept", "chl", "age[T.40-59]", "age[T.60-99]", "hyp[T.yes]"]
    estimates, errors = PUBLISHED
    assert table.loc[order, "estimate"].to_numpy() == pytest.approx(estimates, rel=FOUR_DIGITS)
    assert table.loc[order, "se"].to_numpy() == pytest.approx(errors, rel=2 * FOUR_DIGITS)  # as rounded there


@pytest.mark.parametrize("line", golden.read("joint.csv").to_dict("records"), ids=lambda r: f"{r['terms']}-{r['test']}")
def test_joint_tests_are_those_of_r(line):
    analyses = fitted(line["model"])
    terms = line["terms"].split()
    if line["test"] == "D2":
        found = analyses.d2(terms)
    elif line["test"] == "D1":
        found = analyses.d1(terms)
    else:
        places = analyses._places(terms)
        found = d1(analyses.terms, analyses.estimates[:, places], analyses._covariances(places), np.inf)
    assert found.df1 == line["df1"]
    shown = [found.statistic, found.df2, found.p, found.riv]
    assert shown == pytest.approx([line[name] for name in ("statistic", "df2", "p", "riv")], rel=FOUR_DIGITS)


def test_one_term_tested_jointly_is_its_own_test():
    analyses = fitted("ols")
    line = analyses.pool().set_index("term").loc["chl"]
    assert analyses.d1("chl").statistic == pytest.approx(line["statistic"] ** 2)


def test_degrees_of_freedom_of_many_rows_are_the_same_by_both_rules():
    assert reiter_df(3, 20, 0.4, 1e9) == pytest.approx(li_df(3, 20, 0.4), rel=0.02)
    assert reiter_df(1, 3, 0.4, 100) is None
    assert reiter_df(2, 5, 3.0, 10) is None
    assert li_df(2, 5, 0.0) == np.inf


def test_tables_without_missing_values_give_the_model_itself():
    table = golden.completed()[0]
    pooled, alone = with_([table, table], "bmi ~ chl").pool().set_index("term"), smf.ols("bmi ~ chl", table).fit()
    assert pooled["estimate"].to_dict() == pytest.approx(alone.params.to_dict())
    assert pooled["se"].to_dict() == pytest.approx(alone.bse.to_dict())
    assert pooled["lambda"].to_numpy() == pytest.approx(0)
    assert pooled["df"].to_numpy() == pytest.approx((alone.df_resid + 1) / (alone.df_resid + 3) * alone.df_resid)


def test_a_function_is_a_model_too():
    def quantile(formula, table):
        return smf.quantreg(formula, table).fit()

    tables = golden.completed()
    each = np.mean([quantile("bmi ~ chl", table).params["chl"] for table in tables])
    assert with_(tables, "bmi ~ chl", quantile).pool().set_index("term").loc["chl", "estimate"] == pytest.approx(each)


def test_ratios_are_exponentials():
    plain, ratios = fitted("logit").pool(0.9), fitted("logit").pool(0.9, exponentiate=True)
    for name in ("estimate", "low", "high"):
        assert ratios[name].to_numpy() == pytest.approx(np.exp(plain[name].to_numpy()))
    assert ratios["se"].equals(plain["se"])


@pytest.mark.parametrize("dtype", ["category", "string", "boolean", "Int64", bool, object])
def test_the_event_is_the_second_value_whatever_the_type(dtype):
    tables = golden.completed()
    for table in tables:
        values = table["hyp"] == "yes" if dtype in ("boolean", bool, "Int64") else table["hyp"]
        table["hyp"] = values.astype(dtype)
    expected = fitted("logit").pool()
    assert with_(tables, "hyp ~ bmi + chl", "logit").pool()["estimate"].to_numpy() == pytest.approx(
        expected["estimate"]
    )


def test_the_public_name():
    assert mirimpute.with_ is with_


def _spoilt(**changes):
    first, *others = golden.completed()
    return [first.assign(**changes), *others]


@pytest.mark.parametrize(
    ("tables", "formula", "options", "words"),
    [
        (golden.completed()[:1], "bmi ~ chl", {}, "2 completed tables"),
        (golden.completed()[0], "bmi ~ chl", {}, "list of completed DataFrames"),
        ([np.ones((3, 2))] * 2, "bmi ~ chl", {}, "ndarray"),
        ([golden.completed()[0], golden.completed()[1][:9]], "bmi ~ chl", {}, "table 2 has 9 rows"),
        (golden.completed(), "bmi + chl", {}, "no '~'"),
        (golden.completed(), "bmi ~ cholesterol", {}, "cholesterol"),
        (golden.completed(), "bmi ~ (chl", {}, "table 1"),
        ([golden.incomplete()] * 2, "bmi ~ chl", {}, "'bmi' of table 1 has 9 missing"),
        (golden.completed(), "bmi ~ chl", {"model": "probitt"}, "unknown model"),
        (golden.completed(), "bmi ~ chl", {"status": "event"}, "'cox' only"),
        (golden.completed(), "time ~ chl", {"model": "cox"}, "needs status="),
        (golden.completed(), "time ~ chl", {"model": "cox", "status": "dead"}, "unknown column for status 'dead'"),
        (golden.completed(), "time ~ chl", {"model": "cox", "status": "visits"}, "1 (event)"),
        (golden.completed(), "age ~ chl", {"model": "logit"}, "has 3 values"),
        (golden.completed(), "bmi ~ chl", {"model": "poisson"}, "whole numbers"),
        (golden.completed(), "bmi ~ chl + I(2 * chl)", {}, "not independent"),
        (golden.completed(), "event ~ row + I(row % 3)", {"model": "logit"}, "without an error"),
        (_spoilt(hyp="no"), "bmi ~ hyp", {}, "table 2 has other terms"),
        (_spoilt(age="young"), "bmi ~ chl + age", {}, "table 1"),
        (golden.completed(), "bmi ~ chl", {"model": lambda formula, table: 3}, "returned a int"),
    ],
)
def test_bad_input_is_one_sentence(tables, formula, options, words):
    with pytest.raises(UserError, match=re.escape(words)) as raised:
        with_(tables, formula, **options)
    assert "\n" not in str(raised.value)


def test_a_level_that_some_tables_lack():
    tables = golden.completed()
    tables[2].loc[0, "age"] = "100+"
    with pytest.raises(UserError, match="table 3 has other terms"):
        with_(tables, "bmi ~ age")


def test_an_unknown_term_is_refused():
    with pytest.raises(UserError, match="unknown term 'agee'"):
        fitted("ols").d1("agee")
    with pytest.raises(UserError, match="nothing but an intercept"):
        with_(golden.completed(), "bmi ~ 1").d2()


def test_a_mistyped_name_in_a_formula_is_answered_with_the_nearest():
    with pytest.raises(UserError, match="unknown column 'bmii': did you mean 'bmi'"):
        with_(golden.completed(), "chl ~ age + bmii")


@pytest.mark.parametrize("name", ["bmi (kg/m²)", "body mass", "class"])
def test_a_column_whose_name_is_no_word_is_given_in_q(name):
    tables = [table.rename(columns={"bmi": name}) for table in golden.completed()]
    with pytest.raises(UserError, match=re.escape(f"is no word: give it as Q({name!r})")):
        with_(tables, f"chl ~ age + {name}")
    assert f"Q('{name}')" in with_(tables, f"chl ~ age + Q('{name}')").terms


def test_terms_that_are_no_names_are_refused():
    with pytest.raises(UserError, match="terms=3 is no name: give one or a list of"):
        fitted("ols").d1(3)


def test_terms_by_the_name_of_their_variable():
    assert fitted("cox").d1("age").terms == ("C(age)[T.40-59]", "C(age)[T.60-99]")
    assert isinstance(fitted("cox").pool(), pd.DataFrame)
