"""Jobs in several processes give what they give in one."""

from __future__ import annotations

import os
import warnings
from functools import partial

import pytest

from mirimpute.errors import UserError
from mirimpute.report.parallel import in_parallel

MANY = 40


@pytest.fixture(params=[1, 2])
def cores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(request.param)), raising=False)
    return int(request.param)


@pytest.mark.usefixtures("cores")
@pytest.mark.parametrize("count", [0, 1, MANY])
def test_results_are_in_the_order_of_the_jobs(count: int) -> None:
    assert in_parallel([partial(pow, k, 2) for k in range(count)]) == [k**2 for k in range(count)]


@pytest.mark.usefixtures("cores")
@pytest.mark.parametrize("failing", [0, MANY - 1])
def test_an_error_of_a_job_is_raised(failing: int) -> None:
    def work(number: int) -> None:
        if number == failing:
            raise UserError("on purpose")

    with pytest.raises(UserError, match="on purpose"):
        in_parallel([partial(work, k) for k in range(MANY)])


def test_a_process_that_was_killed_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0, 1}, raising=False)
    begun_by, parent = os.pipe(), os.getpid()

    def work() -> None:
        if os.getpid() != parent:
            os.write(begun_by[1], b".")
            os._exit(1)
        os.read(begun_by[0], 1)  # so that the other process has work as well

    with pytest.raises(UserError, match="was killed"):
        in_parallel([work, work])


@pytest.mark.usefixtures("cores")
def test_each_warning_is_given_once() -> None:
    def work(number: int) -> None:
        warnings.warn(f"{number} is left out", stacklevel=1)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        in_parallel([partial(work, k) for k in range(MANY)])
    assert sorted(str(each.message) for each in caught) == sorted(f"{k} is left out" for k in range(MANY))
