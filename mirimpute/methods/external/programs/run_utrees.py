"""Unmasking trees with their defaults (McCarter 2024), told which columns are categories and which integers."""

from __future__ import annotations

from rival import Task

_KINDS = {"categorical": "categorical", "integer": "integer", "ordinal": "integer"}


def main() -> None:
    """Complete the table as often as the task says."""
    from utrees import UnmaskingTrees

    task = Task()
    model = UnmaskingTrees(random_state=task.seed, xgboost_kwargs={"n_jobs": task.threads})
    model.fit(task.coded, quantize_cols=[_KINDS.get(kind, "continuous") for kind in task.kinds])
    drawn = model.impute(n_impute=task.completions)
    task.finish([task.decoded(each) for each in drawn], "utrees", "xgboost")


if __name__ == "__main__":
    main()
