"""ForestDiffusion as its authors impute: diffusion "vp", 50 steps, 100 noises a row (Jolicoeur-Martineau 2024)."""

from __future__ import annotations

import sys

import numpy as np
from rival import Task


def main() -> None:
    """Complete the table as often as the task says."""
    from ForestDiffusion import ForestDiffusionModel

    task = Task()
    x = task.coded
    unseen = np.flatnonzero(np.isnan(x).all(axis=1))
    if unseen.size:
        sys.exit(f"ForestDiffusion drops rows in which nothing is observed, such as {unseen[0]}: take another method")
    levels = [len(np.unique(column[~np.isnan(column)])) for column in x.T]
    places = {
        "bin_indexes": [j for j, kind in enumerate(task.kinds) if kind == "categorical" and levels[j] == 2],
        "cat_indexes": [j for j, kind in enumerate(task.kinds) if kind == "categorical" and levels[j] > 2],
        "int_indexes": [j for j, kind in enumerate(task.kinds) if kind in ("integer", "ordinal")],
    }
    model = ForestDiffusionModel(
        x, n_t=50, duplicate_K=100, diffusion_type="vp", n_jobs=task.threads, seed=task.seed, **places
    )
    drawn = np.asarray(model.impute(k=task.completions), dtype=float).reshape(task.completions, *x.shape)
    task.finish([task.decoded(each) for each in drawn], "ForestDiffusion", "xgboost")


if __name__ == "__main__":
    main()
