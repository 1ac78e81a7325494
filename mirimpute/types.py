"""Types that every floor uses, modules that are imported when they are first used, and objects by dotted name."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from mirimpute.errors import UserError, near

Array = np.ndarray

Progress = Callable[[str, int, int], None]
"""``progress(stage, done, total)``: long work calls it as often as it likes; the caller decides what to draw."""


def no_progress(stage: str, done: int, total: int) -> None:
    """Ignore progress."""


class _Lazy:
    """A module that is imported when an attribute of it is first asked for."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # whoever looks at the object does not mean the module
            raise AttributeError(name)
        value = getattr(import_module(self._module), name)
        setattr(self, name, value)
        return value


def lazy(module: str) -> Any:
    """Return what stands for a module that takes long to import, and imports it when it is first used.

    >>> lazy("math").sqrt(4.0)
    2.0
    """
    return _Lazy(module)


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
    if ":" in target:
        raise UserError(f"{key}={target} has a colon: give <module>.<name>, such as {target.replace(':', '.')}")
    if not module:
        raise UserError(f"{key}={target} names no module: give <module>.<name>, such as my_file.{target or 'MyClass'}")
    here = os.getcwd()
    if here not in sys.path:
        sys.path.append(here)  # last, so that a file here never hides a library; processes of methods inherit it
    try:
        imported = import_module(module)
    except Exception as error:  # whatever a foreign file may raise
        raise UserError(
            f"{key}={target}: cannot import {module!r} ({type(error).__name__}: {error}): name a file of the working "
            "directory without its .py, or a package that is installed"
        ) from error
    if not hasattr(imported, attribute):
        meant = near(attribute, [name for name in vars(imported) if not name.startswith("_")])
        hint = f"did you mean {' or '.join(map(repr, meant))}? Otherwise " if meant else ""
        raise UserError(f"{key}={target}: {module!r} has no {attribute!r}: {hint}give the name of a class in it")
    return getattr(imported, attribute)
