"""Types that every floor uses, and how an object outside the package is found by its dotted name."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from mirimpute.errors import UserError

Array = np.ndarray

Progress = Callable[[str, int, int], None]
"""``progress(stage, done, total)``: long work calls it as often as it likes; the caller decides what to draw."""


def no_progress(stage: str, done: int, total: int) -> None:
    """Ignore progress."""


def import_object(target: str, key: str) -> Any:
    """Return the object at ``target`` ("module.attribute"), importing its module.

    The module is looked for where Python looks, then in the working directory. Its code is run.

    Args:
        target: the dotted name.
        key: the option that gave it, for the message of an error.

    Raises:
        UserError: there is no such object, or its module cannot be imported.
    """
    module, _, attribute = target.rpartition(".")
    if not module:
        raise UserError(f"{key}={target} names no module: give <module>.<name>, such as my_file.{target or 'MyClass'}")
    here = os.getcwd()
    if here not in sys.path:
        sys.path.append(here)  # last, so that a file here never hides a library; processes of methods inherit it
    try:
        imported = import_module(module)
    except Exception as error:  # whatever a foreign file may raise
        raise UserError(f"{key}={target}: cannot import {module!r} ({type(error).__name__}: {error})") from error
    if not hasattr(imported, attribute):
        raise UserError(f"{key}={target}: {module!r} has no {attribute!r}")
    return getattr(imported, attribute)
