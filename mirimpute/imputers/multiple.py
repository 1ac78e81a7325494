"""Multiple imputation: a model for each draw, fitted to rows drawn with replacement.

Draws from one fitted model ignore parameter uncertainty, and standard errors pooled over them (:func:`mirimpute.pool`)
are too small. What a smooth estimator finds in rows drawn with replacement varies, given the data, about what it finds
in all of them by about as much as that varies about the truth: the samples stand for draws of the model from its
posterior (Efron, "Missing data, imputation, and the bootstrap", JASA 1994; Honaker & King's Amelia, American Journal of
Political Science 2010). For networks and trees that is no theorem: ``python -m benchmarks.coverage`` says how often
intervals cover. Copies of a row would let a model see its own held-out cells; so what these choose is chosen once, by a
model of all rows, and stays: what is not known of the choices is not in the draws. No number of models mends a bias.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from numbers import Integral
from typing import TypeVar

import numpy as np

from mirimpute.errors import UserError

Part = TypeVar("Part")
Result = TypeVar("Result")

VERSION = 2
"""Raised when models of rows begin to give other tables; that of the method tells nothing of it."""

_FEWEST_ROWS = 4


def samples_of_rows(observed: np.ndarray, count: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield :func:`sample_of_rows` ``count`` times.

    Raises:
        UserError: fewer than 4 rows.
    """
    if len(observed) < _FEWEST_ROWS:
        raise UserError(
            f"{len(observed)} row(s) are too few to learn from samples of them: give at least {_FEWEST_ROWS}"
        )
    return (sample_of_rows(observed, rng) for _ in range(count))


def sample_of_rows(observed: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the indices of n of n rows, drawn with replacement, in order, and of one more where a column needs it.

    Each column that none of the rows observes gets one that does.

    Args:
        observed: bool (n_rows, n_columns), True where there is a value.
        rng: where the choice comes from.
    """
    n = len(observed)
    rows = rng.integers(n, size=n)
    empty = np.flatnonzero(~observed[rows].any(axis=0))
    order = rng.permutation(n)
    more = order[observed[order][:, empty].argmax(axis=0)]
    return np.sort(np.concatenate([rows, more]))


def check_jobs(n_jobs: object) -> None:
    """Refuse a number of processes that is none.

    Raises:
        UserError: it is not None, and no int other than 0.
    """
    if n_jobs is not None and (isinstance(n_jobs, bool) or not isinstance(n_jobs, Integral) or n_jobs == 0):
        raise UserError(
            f"n_jobs={n_jobs!r} is no number of processes: give 1 or more, -1 for one on each core, or None"
        )


def processes(n_jobs: int | None, parts: int) -> int:
    """Return how many processes work side by side: what was asked for, but no more than there are parts or cores.

    Args:
        n_jobs: as joblib counts them; None: 1.
        parts: of the work.
    """
    from joblib import cpu_count, effective_n_jobs

    return max(1, min(effective_n_jobs(n_jobs or 1), parts, cpu_count()))


def on_one_thread_each(
    work: Callable[[Part, int], np.ndarray], parts: list[tuple[Part, int]], n_jobs: int | None
) -> Iterator[np.ndarray]:
    """Yield ``work`` of each part and its seed, in order, each computed on one thread, so many at the same time.

    The answers are the same, bit by bit, however many: floating-point addition depends on the number of threads.

    Args:
        work: can be pickled.
        parts: such as the rows of a model, and the seed of their work.
        n_jobs: see :func:`processes`; 1 is this process.
    """
    from joblib import Parallel, delayed

    run = Parallel(n_jobs=processes(n_jobs, len(parts)), return_as="generator")
    yield from run(delayed(on_one_thread)(work, part, seed) for part, seed in parts)


def on_one_thread(work: Callable[..., Result], *arguments: object) -> Result:
    """Return ``work`` of the arguments, computed on one thread."""
    with _one_thread():
        return work(*arguments)


@contextmanager
def _one_thread() -> Iterator[None]:
    from threadpoolctl import threadpool_limits

    from mirimpute.methods.device import threads_for

    with threads_for(False), threadpool_limits(limits=1):
        yield
