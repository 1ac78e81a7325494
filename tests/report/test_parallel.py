"""Work in parts gives what it gives in one."""

from __future__ import annotations

import os
import warnings

import pytest

from mirimpute.errors import UserError
from mirimpute.report.parallel import in_parts


def test_the_parts_are_all_there_in_order() -> None:
    results = in_parts(lambda part, parts: (part, parts))
    assert results == [(part, len(results)) for part in range(len(results))]


@pytest.mark.parametrize("failing", [0, 1])
def test_an_error_of_a_part_is_raised(failing: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0, 1}, raising=False)
    monkeypatch.setattr("sys.platform", "linux")

    def work(part: int, parts: int) -> None:
        if part == failing:
            raise UserError("on purpose")

    with pytest.raises(UserError, match="on purpose"):
        in_parts(work)


def test_a_process_that_was_killed_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0, 1}, raising=False)
    with pytest.raises(UserError, match="was killed"):
        in_parts(lambda part, parts: os._exit(1) if part else None)


def test_a_warning_is_given_once() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        in_parts(lambda part, parts: warnings.warn("left out", stacklevel=1))
    assert len(caught) == 1
