"""The named datasets of ``conf/dataset``, read without Hydra. Commands and scripts use them by name."""

from __future__ import annotations

import re
from typing import Any

from mirimpute.bench.conf_location import conf_dir, descriptions
from mirimpute.datasets.base import Dataset
from mirimpute.datasets.openml_source import OpenML
from mirimpute.datasets.registry import DATASETS
from mirimpute.errors import UserError, unknown

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
    needed = options_to_give(name)
    if needed:
        raise UserError(f"dataset {name!r} stands for no table by itself: it needs {' and '.join(needed)}")
    key, values = _entry(name)
    return DATASETS[key](**values)


def options_to_give(name: str) -> list[str]:
    """Return the options without which the named dataset is incomplete, such as ``dataset.path`` of ``file``."""
    return [f"dataset.{option}" for option, value in _entry(name)[1].items() if value == MISSING]


def _entry(name: str) -> tuple[str, dict[str, Any]]:
    """Return the key of the class that the configuration file starts from, and the values that it sets.

    Raises:
        UserError: there is no such file.
    """
    import yaml

    names = descriptions("dataset")
    if name not in names:
        raise unknown("dataset", name, names)
    values = yaml.safe_load((conf_dir() / "dataset" / f"{name}.yaml").read_text(encoding="utf-8"))
    # "base_uci" or, in a sub-folder, "/dataset/base_uci@_here_"
    base = values.pop("defaults")[0].rpartition("/")[2].partition("@")[0]
    return base.removeprefix("base_"), values
