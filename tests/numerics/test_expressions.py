"""Formulas: computed as Python computes them, undone, and nothing else than formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirimpute.errors import UserError
from mirimpute.numerics.expressions import NotSolvableError, parsed

NAMES = ("a", "b", "two words")


@st.composite
def formulas(draw, depth=3):
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(["a", "b", "`two words`", "2", "0.5"]))
    if draw(st.booleans()):
        return f"{draw(st.sampled_from(['log', 'exp', 'sqrt', 'abs', '-']))}({draw(formulas(depth - 1))})"
    operator = draw(st.sampled_from(["+", "-", "*", "/", "**"]))
    return f"({draw(formulas(depth - 1))}) {operator} ({draw(formulas(depth - 1))})"


@given(formulas(), st.integers(0, 99))
def test_values_are_those_of_numpy(text, seed):
    values = dict(zip(NAMES, np.random.default_rng(seed).uniform(0.5, 2.0, (3, 4)), strict=True))
    if not {"a", "b"} & set(text.replace("abs", "").replace("words", "")):
        return  # no column
    formula = parsed(text)
    plain = text.replace("`two words`", "c").replace("**", "@")
    functions = {"log": np.log, "exp": np.exp, "sqrt": np.sqrt, "abs": np.abs}

    class Number(np.ndarray):
        def __matmul__(self, other):
            return np.float_power(self, other).view(Number)

        def __rmatmul__(self, other):
            return np.float_power(other, self).view(Number)

    scope = {name: values[full].view(Number) for name, full in zip("abc", NAMES, strict=True)}
    for number in ("0.5", "2"):
        plain = plain.replace(f"({number})", f"(n({number}))")
    scope |= functions | {"n": lambda number: np.full(4, number).view(Number)}
    with np.errstate(all="ignore"):
        expected = eval(plain, {"__builtins__": {}}, scope)  # of the test's own text
    assert np.array_equal(np.broadcast_to(formula.value(values), 4), np.asarray(expected), equal_nan=True)


@given(formulas(), st.integers(0, 99))
def test_what_is_solved_for_meets_the_formula(text, seed):
    try:
        formula = parsed(text)
    except UserError:
        return
    values = dict(zip(NAMES, np.random.default_rng(seed).uniform(0.5, 2.0, (3, 4)), strict=True))
    target = np.broadcast_to(formula.value(values), 4)
    for wanted in formula.names:
        try:
            found = formula.solved(wanted, target, values, NAMES)
        except NotSolvableError:
            continue
        again = formula.value({**values, wanted: found})
        usable = np.isfinite(found) & np.isfinite(target) & (np.abs(target) < 1e6)
        steep = np.abs(found - values[wanted]) > 1e-4  # where the formula hardly depends on the name
        assert np.allclose(np.broadcast_to(again, 4)[usable & ~steep], target[usable & ~steep], rtol=1e-3, atol=1e-3)


def test_even_powers_are_undone_for_names_without_a_sign_alone():
    formula, target = parsed("a / b**2"), np.array([20.0])
    assert formula.solved("b", target, {"a": np.array([80.0])}, {"b"}) == pytest.approx(2.0)
    for nonnegative in ((), {"a"}):
        with pytest.raises(NotSolvableError):
            formula.solved("b", target, {"a": np.array([80.0])}, nonnegative)
    assert parsed("b**3").solved("b", np.array([-8.0]), {}, ()) == pytest.approx(-2.0)
    with pytest.raises(NotSolvableError):
        parsed("b + b * a").solved("b", target, {"a": target}, {"b"})


@pytest.mark.parametrize(
    "text",
    [
        *("", "a +", "a b", "a = 1", "lambda: a", "a if a else a", "[a]", "{a}", "a, a", "a < 1", "not a", "a @ a"),
        *("a.real", "a[0]", "__import__('os').system('true')", "exec(a)", "log(a, 2)", "log(x=a)", "f'{a}'", "'a'"),
        *("True * a", "3j * a", "(a := 1)", "await a", "*a", "a // 2", "a % 2", "a | a", "~a", "1", "a\x00"),
        *("-" * 900 + "a", "(" * 400 + "a" + ")" * 400, "a" * 2000, f"{'9' * 400} * a", 3, None),
    ],
)
def test_nothing_else_than_a_formula_is_taken(text):
    with pytest.raises(UserError) as caught:
        parsed(text)
    assert len(str(caught.value)) < 300
