"""Warnings of the commands: each of ours is printed in one line."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mirimpute.errors import MirimputeWarning, text_in_one_line


@contextmanager
def plain_warnings(program: str) -> Iterator[None]:
    """Print our own warnings as one line each, without the place in the code; leave those of libraries as they are."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", MirimputeWarning)
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
            if issubclass(category, MirimputeWarning):
                print(f"{program}: warning: {text_in_one_line(str(message))}", file=sys.stderr)
            else:
                usual(message, category, *rest, **more)

        warnings.showwarning = show
        yield
