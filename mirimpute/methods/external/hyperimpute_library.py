"""Run the library hyperimpute without its side effects on the process: seeds, threads, warnings, logs.

Importing this module imports the library (the harness does so before the clock starts); without the library the
import still works and :func:`confined` says what to install.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

from mirimpute.errors import NotInstalledError, UserError
from mirimpute.methods.external.hyperimpute_versions import INSTALL

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
"""What the library sets to 2 when it is imported, for this process and for all that are forked from it."""


def _import_quietly() -> tuple[Any, str]:
    """Return the library's class `Imputers` and why it could not be imported ("" when it could)."""
    for module in ("sklearn.ensemble", "sklearn.impute", "torch"):
        import_module(module)  # they read the thread variables when they are loaded, so before the library sets them

    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    imported_before = "hyperimpute" in sys.modules
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import hyperimpute.logger
            from hyperimpute.plugins.imputers import Imputers
    except ImportError as error:
        return None, str(error)
    finally:
        for name, value in before.items():
            _set_variable(name, value)
    if not imported_before:
        hyperimpute.logger.remove()  # its sink owns a thread, which a fork would lose together with the messages
    return Imputers, ""


def _set_variable(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


_imputers, _import_fault = _import_quietly()


@dataclass
class Swallowed:
    """The errors that the library caught, logged and went on from.

    Attributes:
        messages: level and text of each, in order.
    """

    messages: list[tuple[str, str]] = field(default_factory=list)

    def write(self, message: Any) -> None:
        """Keep a message of loguru and print it, so that it stands in the log of the run."""
        level, text = message.record["level"].name, str(message.record["message"]).strip()
        self.messages.append((level, text))
        print(f"hyperimpute {level}: {text}", file=sys.stderr)

    def first(self, level: str) -> str:
        """Return the first text of a level, "" if there is none."""
        return next((text for found, text in self.messages if found == level), "")


def load_plugin(name: str, random_state: int, swallowed: Swallowed) -> Any:
    """Return a new imputer of the library with its default parameters.

    Raises:
        NotInstalledError: what the plugin needs cannot be imported.
    """
    try:
        return _imputers().get(name, random_state=random_state)
    except ValueError as error:  # the loader swallows the import error and says only that there is no plugin
        reason = swallowed.first("CRITICAL") or str(error)
        raise NotInstalledError(f"method 'hyperimpute/{name}' cannot be loaded ({reason}): {INSTALL}") from error


@contextlib.contextmanager
def confined(device: str, swallowed: Swallowed) -> Iterator[None]:
    """Run the library's code with its assumptions met, and leave the process as it was.

    Inside: errors that it swallows go to ``swallowed``; pandas writes through chained indexing, without which
    its iterative methods return mean imputation; it sees a GPU only if ``device`` is one; and it computes on one
    thread. Left alone it takes all cores or half of them, depending on the plugin: a parallel forest adds its trees
    up in the order in which they finish, so that two runs differ in the last bits, and its models are so small that
    more threads make it slower.

    Raises:
        NotInstalledError: the library cannot be imported.
        UserError: the device is not there; the library would use the processor without a word.
    """
    if _imputers is None:
        raise NotInstalledError(f"the library hyperimpute cannot be imported ({_import_fault}): {INSTALL}")
    import pandas as pd
    import torch
    from loguru import logger
    from threadpoolctl import threadpool_limits

    if device != "cpu" and not torch.cuda.is_available():
        raise UserError(f"device={device!r} is not available on this machine: give device=cpu")
    with contextlib.ExitStack() as stack:
        stack.enter_context(_global_random_state())
        stack.enter_context(np.printoptions())  # the plugin `miracle` changes them
        stack.enter_context(warnings.catch_warnings())
        for noise in (FutureWarning, DeprecationWarning, pd.errors.SettingWithCopyWarning):
            warnings.simplefilter("ignore", noise)
        stack.enter_context(pd.option_context("mode.copy_on_write", False))
        stack.enter_context(_replaced(multiprocessing, "cpu_count", lambda: 1))
        stack.enter_context(_environment("LOKY_MAX_CPU_COUNT", "1"))
        stack.enter_context(threadpool_limits(limits=1))
        stack.callback(torch.set_num_threads, torch.get_num_threads())
        torch.set_num_threads(1)
        if device == "cpu":
            stack.enter_context(_replaced(torch.cuda, "is_available", lambda: False))
        else:
            stack.enter_context(torch.cuda.device(torch.device(device)))
        sink = logger.add(swallowed.write, level="ERROR", format="{message}")
        stack.callback(_remove_sink, sink)
        yield


def _remove_sink(sink: int) -> None:
    from loguru import logger

    with contextlib.suppress(ValueError):  # loading the plugin `miracle` removes all sinks
        logger.remove(sink)


def seed_globally(seed: int) -> None:
    """Seed the generators that the library draws from; only inside :func:`confined`, which puts them back.

    Its constructors seed them too, but the baseline that its iterative methods construct last seeds them with 0.
    """
    import torch

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 (the library draws from it)
    torch.manual_seed(seed)


@contextlib.contextmanager
def _global_random_state() -> Iterator[None]:
    import torch

    states = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        torch.set_rng_state(states[2])


@contextlib.contextmanager
def _replaced(owner: Any, attribute: str, value: Any) -> Iterator[None]:
    before = getattr(owner, attribute)
    setattr(owner, attribute, value)
    try:
        yield
    finally:
        setattr(owner, attribute, before)


@contextlib.contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        _set_variable(name, before)
