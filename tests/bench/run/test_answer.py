"""What a method returns that is no answer is a failure with its reason."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from mirimpute.bench.run.answer import checked_answer
from mirimpute.bench.run.isolation import run_isolated
from mirimpute.errors import ImputationError
from mirimpute.methods.base import Completed, Imputation, Method
from mirimpute.types import no_progress
from tests.methods.conftest import correlated, problem_of

X = np.array([[1.0, np.nan], [np.nan, 2.0], [3.0, 4.0]])
DONE = np.nan_to_num(X)
GOOD = Imputation(DONE, DONE[None], [{"round": 1, "loss": 0.5}], ("a note",))


def cycle():
    found: list[Any] = []
    found.append(found)
    return found


class Loud:
    """Raises whatever is asked of it."""

    def __getattr__(self, name):
        raise RuntimeError(f"no {name}")


HOSTILE = {
    "no point": ({"point": None}, "point is None"),
    "a list": ({"point": DONE.tolist()}, "point is a list"),
    "a masked array": ({"point": np.ma.masked_invalid(X)}, "masked array"),
    "masked draws": ({"draws": np.ma.masked_invalid(X)[None]}, "masked array"),
    "objects": ({"point": DONE.astype(object)}, "dtype object"),
    "texts": ({"point": DONE.astype(str)}, "dtype <U"),
    "complex": ({"point": DONE.astype(complex)}, "dtype complex128"),
    "another shape": ({"point": DONE.T}, "shape"),
    "one dimension": ({"point": DONE.ravel()}, "shape"),
    "none": ({"point": np.float64(1.0)}, "not an array"),
    "draws of others": ({"draws": DONE.T[None]}, "shape"),
    "draws as a list": ({"draws": [DONE]}, "draws is a list"),
    "no trace": ({"trace": None}, "trace is None"),
    "trace of a number": ({"trace": 3}, "trace is an int"),
    "trace of numbers": ({"trace": [1, 2]}, "trace[0] is an int"),
    "a cycle": ({"trace": [{"x": cycle()}]}, "nested more than"),
    "a set": ({"trace": [{"x": {1}}]}, "is a set"),
    "a module": ({"trace": [{"x": np}]}, "is a module"),
    "a function": ({"trace": [{"x": len}]}, "is a builtin"),
    "a key": ({"trace": [{3: 1}]}, "key 3"),
    "a huge integer": ({"trace": [{"x": 10**5000}]}, "bits"),
    "a huge trace": ({"trace": [{"x": list(range(2_000_000))}]}, "more than"),
    "a loud object": ({"trace": [{"x": Loud()}]}, "no "),
    "notes of numbers": ({"notes": (1,)}, "notes"),
    "no notes": ({"notes": None}, "notes are None"),
    "a note": ({"notes": "note"}, "notes are a str"),
    "history": ({"history": 3}, "history is an int"),
    "history of texts": ({"history": (("a", "b"),)}, "history"),
    "history of others": ({"history": ((1, np.zeros(9)),)}, "shape (9,)"),
    "a program": ({"program": "R"}, "program is a str"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_each_part_of_another_kind_is_named(name):
    changed, reason = HOSTILE[name]
    with pytest.raises((ImputationError, RuntimeError)) as caught:
        checked_answer(replace(GOOD, **changed), X)
    assert reason in str(caught.value)


def test_what_is_right_passes_as_plain_values():
    import torch

    step = {
        "a": np.float32(0.5),
        "b": torch.tensor(2),
        "c": np.arange(2),
        "d": {"e": (1, True, None, "x")},
        "f": np.nan,
    }
    found = checked_answer(replace(GOOD, trace=[step], draws=np.repeat(DONE[None], 3, axis=0)), X)
    assert np.array_equal(found.point, DONE)
    assert found.draws.shape == (3, 3, 2)
    assert {**found.trace[0], "f": 0} == {"a": 0.5, "b": 2, "c": [0, 1], "d": {"e": [1, True, None, "x"]}, "f": 0}
    assert found.notes == GOOD.notes


@dataclass
class Returns(Method):
    """Returns what it is told, from fit or from impute."""

    name: str = "returns"
    what: Any = None
    at: str = "fit"

    def fit(self, problem, progress=no_progress):
        if self.at == "fit":
            return self.what
        if self.at == "raises":
            raise UnspeakableError
        x = np.nan_to_num(problem.x_incomplete)
        good = Imputation(x, x[None])
        return Completed(replace(good, **self.what) if isinstance(self.what, dict) else self.what)


class UnspeakableError(Exception):
    """Cannot even be shown."""

    def __str__(self):
        raise ValueError("no")


@pytest.mark.parametrize(
    ("what", "at", "reason"),
    [
        (None, "fit", "fit returned None"),
        (DONE, "fit", "fit returned a ndarray"),
        (GOOD, "fit", "fit returned an Imputation"),
        (None, "impute", "impute returned None"),
        (DONE, "impute", "impute returned a ndarray"),
        ({"trace": None}, "impute", "trace is None"),
        ({"trace": [{"x": (n for n in ())}]}, "raises", "UnspeakableError"),
        ({"notes": (1,)}, "impute", "notes"),
    ],
)
def test_it_is_a_failed_outcome(tmp_path, what, at, reason):
    if at == "raises":
        what = None
    outcome = run_isolated(
        Returns(what=what, at=at), problem_of(correlated(n=20)[1]), folder=tmp_path, progress=no_progress
    )
    assert outcome.status == "failed"
    assert reason in outcome.reason
    assert "out of memory" not in outcome.reason
