"""What an error rests on, column by column."""

import json

from mirimpute.report.hidden_by_column import hidden_by_column

from .row_factory import make_row


def test_hidden_and_known_cells_of_each_column(tmp_path):
    columns = [{"column": "age", "scored": 25, "known": 250}, {"column": "sex", "scored": 2, "known": 8}]
    (tmp_path / "columns.json").write_text(json.dumps(columns))
    row = {**make_row(method="ice", seed=3), "directory": str(tmp_path)}
    (sentence,) = hidden_by_column([row])
    assert "age 25 of 250 (10 %), sex 2 of 8 (25 %)" in sentence
    assert "seed 3" in sentence


def test_rows_of_before_and_failed_ones_say_nothing(tmp_path):
    (tmp_path / "columns.json").write_text(json.dumps([{"column": "age", "scored": 25}]))
    row = {**make_row(method="ice"), "directory": str(tmp_path)}
    assert hidden_by_column([row]) == []
    assert hidden_by_column([{**row, "status": "failed", "reason": "x"}]) == []
