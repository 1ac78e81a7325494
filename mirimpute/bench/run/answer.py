"""What a method returned, checked before it leaves the method's process: an answer that is none is a failure.

The sanity gate (:mod:`mirimpute.methods.sanity`) judges the values of the cells; here it is what they are kept in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mirimpute.errors import ImputationError
from mirimpute.methods.base import Imputation, ProgramReport

_DEEPEST = 5
_MOST_IN_TRACE = 1_000_000
"""Numbers and texts."""
_LONGEST_TEXT = 10_000
_MOST_BITS = 64


def checked_answer(answer: Any, x_incomplete: np.ndarray) -> Imputation:
    """Return what a method returned, of plain arrays, numbers and texts.

    Args:
        answer: an :class:`Imputation`.
        x_incomplete: (n_rows, n_columns), what it completes, NaN where missing.

    Raises:
        ImputationError: a part of it is of another kind; the message says which.
    """
    if not isinstance(answer, Imputation):
        raise ImputationError(f"the method returned {described(answer)}, not an Imputation")
    if not isinstance(answer.notes, (tuple, list)) or not all(isinstance(note, str) for note in answer.notes):
        raise ImputationError(f"notes are {described(answer.notes)}: they must be a tuple of texts")
    if not isinstance(answer.trace, (tuple, list)):
        raise ImputationError(f"trace is {described(answer.trace)}: it must be a list, of one dict per round")
    if answer.program is not None and not isinstance(answer.program, ProgramReport):
        raise ImputationError(f"program is {described(answer.program)}: it must be a ProgramReport or None")
    shape, n_missing = x_incomplete.shape, int(np.isnan(x_incomplete).sum())
    budget = [_MOST_IN_TRACE]
    return Imputation(
        point=_array("point", answer.point, shape),
        draws=_array("draws", answer.draws, shape),
        trace=[_round(number, each, budget) for number, each in enumerate(answer.trace)],
        notes=tuple(str(note)[:_LONGEST_TEXT] for note in answer.notes),
        history=_history(answer.history, n_missing),
        program=answer.program,
    )


def described(value: Any) -> str:
    """Return what a value is, in a few words.

    >>> described(None), described(3), described({1})
    ('None', 'an int', 'a set')
    """
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _array(what: str, array: Any, shape: tuple[int, ...]) -> np.ndarray:
    if isinstance(array, np.ma.MaskedArray):
        raise ImputationError(f"{what} is a masked array, which says nothing of its masked cells: return an array")
    if not isinstance(array, np.ndarray):
        raise ImputationError(f"{what} is {described(array)}, not an array")
    if array.dtype.kind not in "fiu":
        raise ImputationError(f"{what} has dtype {array.dtype}, not float64")
    if array.shape[array.ndim - len(shape) :] != shape:
        raise ImputationError(f"{what} has shape {array.shape}, the problem needs {shape}")
    return np.asarray(array)


def _round(number: int, step: Any, budget: list[int]) -> dict[str, Any]:
    if not isinstance(step, Mapping):
        raise ImputationError(f"trace[{number}] is {described(step)}: it must be a dict of numbers")
    return {_key(key, number): _plain(value, f"trace[{number}][{key!r}]", 1, budget) for key, value in step.items()}


def _key(key: Any, number: int) -> str:
    if not isinstance(key, str):
        raise ImputationError(f"trace[{number}] has the key {key!r}: keys must be texts")
    return str(key)


def _plain(value: Any, where: str, depth: int, budget: list[int]) -> Any:
    """Return a value of a trace as plain numbers, texts, lists and dicts."""
    budget[0] -= 1
    if budget[0] < 0:
        raise ImputationError(f"the trace holds more than {_MOST_IN_TRACE:,} values: keep fewer for each round")
    if depth > _DEEPEST:
        raise ImputationError(f"{where[:80]}... is nested more than {_DEEPEST} deep: give plain numbers")
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.dtype.kind in "biufU"):
        value = value.tolist()
    if value is None or isinstance(value, (bool, int, str)):
        if isinstance(value, int) and value.bit_length() > _MOST_BITS:
            raise ImputationError(f"{where} is an integer of {value.bit_length()} bits: give a float")
        return value[:_LONGEST_TEXT] if isinstance(value, str) else value
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(each, f"{where}[{key!r}]", depth + 1, budget) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each, f"{where}[{place}]", depth + 1, budget) for place, each in enumerate(value)]
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:  # of torch, say
        return _plain(value.item(), where, depth + 1, budget)
    raise ImputationError(f"{where} is {described(value)}: give numbers, texts, lists or dicts")


def _history(history: Any, n_missing: int) -> tuple[tuple[int, np.ndarray], ...]:
    try:
        found = tuple((int(number), np.asarray(entries, dtype=float)) for number, entries in history)
    except (TypeError, ValueError) as error:
        raise ImputationError(f"history is {described(history)}: it must hold pairs (round, entries)") from error
    for number, entries in found:
        if entries.shape != (n_missing,):
            raise ImputationError(f"history has entries of shape {entries.shape} in round {number}, not ({n_missing},)")
    return found
