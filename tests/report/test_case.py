"""Cases: their words, their order, and when two are one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from mirimpute.report.case import Case
from mirimpute.report.collect import collect

from .row_factory import make_row


def test_another_protocol_is_another_case_and_named_only_then() -> None:
    rows = [make_row(), make_row(protocol="miri2025")]
    both = collect(rows, Path("r"))
    assert [both.column(case) for case in both.cases] == [
        ("breast_cancer", "MCAR 0.3 [default]"),
        ("breast_cancer", "MCAR 0.3 [miri2025]"),
    ]
    one = collect(rows[:1], Path("r"))
    assert one.column(one.cases[0]) == ("breast_cancer", "MCAR 0.3")


def test_cases_are_in_the_order_of_a_paper() -> None:
    settings = [("mnar_self", 0.3), ("mar", 0.3), ("mcar", 0.6), ("mcar", 0.3)]
    found = collect([make_row(mechanism=m, rate=r) for m, r in settings], Path("r")).cases
    assert [case.setting for case in found] == ["MCAR 0.3", "MCAR 0.6", "MAR 0.3", "MNAR self 0.3"]


def test_case_of_numbers_of_any_kind_is_the_same_case() -> None:
    frame = collect([make_row()], Path("r")).frame
    first = frame.iloc[0]
    case = Case(first["dataset"], first["mechanism"], np.float64(first["missing_rate"]), first["protocol"])
    assert case == Case("breast_cancer", "mcar", 0.3, "default")
    assert isinstance(frame, pd.DataFrame)
