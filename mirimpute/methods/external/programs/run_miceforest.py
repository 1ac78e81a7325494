"""miceforest with its defaults: chained LightGBM with predictive mean matching, five iterations."""

from __future__ import annotations

from rival import Task


def main() -> None:
    """Complete the table as often as the task says."""
    import miceforest

    task = Task()
    kernel = miceforest.ImputationKernel(task.table, num_datasets=task.completions, random_state=task.seed)
    kernel.mice(5, num_threads=task.threads)
    task.finish([kernel.complete_data(k) for k in range(task.completions)], "miceforest", "lightgbm")


if __name__ == "__main__":
    main()
