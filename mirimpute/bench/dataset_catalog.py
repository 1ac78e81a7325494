"""The named datasets of ``conf/dataset``, without Hydra: for prefetching, lists and scripts."""

from __future__ import annotations

import re
from typing import Any

from mirimpute.bench.conf_location import conf_dir, descriptions, entry
from mirimpute.bench.sweeps.custom import Reference
from mirimpute.datasets.base import Dataset
from mirimpute.datasets.openml_source import OpenML
from mirimpute.datasets.registry import DATASETS
from mirimpute.errors import UserError

__all__ = ["conf_dir", "descriptions", "named_dataset", "options_to_give"]

MISSING = "???"
"""What a configuration file writes for an option that the user has to give."""


def named_dataset(name: str) -> Dataset:
    """Return the dataset that ``dataset=<name>`` would run with; ``openml/<id>`` is any table of OpenML.

    >>> named_dataset("uci/wine")
    Uci(name='uci/wine', max_rows=None, kinds={}, id='wine', include_target=False, base_url=...)

    Raises:
        UserError: unknown name, or a name that needs an option to become a dataset.
    """
    if match := re.fullmatch(r"openml/([1-9][0-9]*)", name):
        return OpenML(id=int(match[1]))
    kind, values = _entry(name)
    needed = options_to_give(name)
    if needed:
        raise UserError(f"dataset {name!r} stands for no table by itself: it needs {' and '.join(needed)}")
    return kind(**values)


def options_to_give(name: str) -> list[str]:
    """Return the options without which the named dataset is incomplete, such as ``dataset.path`` of ``file``."""
    return [f"dataset.{option}" for option, value in _entry(name)[1].items() if value == MISSING]


def _entry(name: str) -> tuple[type[Any], dict[str, Any]]:
    key, values = entry("dataset", name)
    return {**DATASETS, "custom": Reference}[key], values
