"""Errors of Hydra as one sentence with the value, the reason and the fix.

Errors are told apart by their class and by what was typed, not by the words of their message.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mirimpute.bench.conf_location import descriptions
from mirimpute.bench.sweeps.overrides import quoted
from mirimpute.bench.sweeps.schema import GROUPS
from mirimpute.bench.sweeps.values import new_column, unknown_key
from mirimpute.errors import NotInstalledError, UserError, near, unknown
from mirimpute.table.file_format import suffix_of

_EXTRA = {"hydra/launcher/base_slurm": "hydra/launcher=slurm", "hydra/launcher/joblib": "hydra/launcher=joblib"}
_CALL = re.compile(r"([A-Za-z_]+)(\(.*\))\s*")
_KEY = re.compile(r"[A-Za-z0-9_.$/@:-]+")


@contextmanager
def translated() -> Iterator[None]:
    """Raise an error of Hydra's that is about the request as a UserError; others pass."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        meant = _user_error(error)
        if meant is None:
            raise
        raise meant from error


def _user_error(error: BaseException) -> UserError | None:
    """Return what an error of Hydra's means for a user, or None when it is not about the request."""
    from hydra.errors import HydraException, MissingConfigException
    from omegaconf.errors import OmegaConfBaseException

    chain = list(_causes(error))
    for each in chain:  # raised by one of our own launchers while Hydra makes it
        if isinstance(each, UserError):
            return each
    for each in chain:
        if isinstance(each, MissingConfigException):
            return _missing_config(each)
    for each in chain:
        if isinstance(each, OmegaConfBaseException) and not isinstance(each, HydraException):
            return UserError(": ".join(filter(None, [each.full_key or each.key, _first_line(each)])))
    if isinstance(error, HydraException):
        said = _first_line(error).rstrip(":")
        inner = chain[-1]
        why = "" if isinstance(inner, HydraException) else f" ({type(inner).__name__}: {_first_line(inner)})"
        return UserError(f"{said}{why}: write options as key=value, see mirimpute-bench --help")
    return None


def _causes(error: BaseException | None) -> Any:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def unreadable(typed: str) -> UserError:
    """An option that is not in Hydra's grammar, such as dataset.path=my(1).csv or größe=3."""
    key, equals, value = typed.partition("=")
    key = key.lstrip("+~")
    if not equals:
        return UserError(
            f"{typed!r} is no option: write options as key=value, without blanks, see mirimpute-bench --help"
        )
    if key.startswith("dataset.kinds."):
        return new_column() if typed[0] != "+" else UserError(f"{typed} cannot be read: {_KINDS}")
    if key == "dataset.kinds" and value.lstrip()[:1] == "{":
        return UserError(
            f"{typed} cannot be read, names between braces are ASCII: give '+dataset.kinds.<column>=<kind>', "
            "where any name may stand"
        )
    if not _KEY.fullmatch(key):
        return unknown_key(key)
    if "" in [each.strip() for each in value.split(",")]:
        return UserError(f"{typed} cannot be read, no value stands beside one of its commas: give a list such as a,b")
    called = _CALL.fullmatch(value)
    meant = near(called[1], ("range", "choice")) if called else []
    if called and meant:
        right = shlex.quote(f"{key}={meant[0]}{called[2]}")
        return UserError(f"{typed} cannot be read, {called[1]!r} is no function: did you mean {right}?")
    return UserError(f"{typed} cannot be read, a letter of its value needs quotes: give {_in_quotes(typed)}")


_KINDS = "give +dataset.kinds.<column>=<kind>, or +dataset.kinds.<column>=[low,high] for categories in their order"


def several(typed: str) -> UserError:
    """Values with commas between them, which only a sweep takes."""
    key, _, value = typed.partition("=")
    way = ""
    if key.startswith("+dataset.kinds."):
        way = f", or give one order of categories as {shlex.quote(f'{key}=[{value}]')}"
    elif key.startswith("dataset.") or key == "results_dir":
        way = f", or give one value that has commas as {_in_quotes(typed)}"
    return UserError(f"{typed} is several values: add -m to sweep over several values{way}")


def _in_quotes(typed: str) -> str:
    """Return the option with its value between quotes, as it is typed in a shell."""
    key, _, value = typed.partition("=")
    return shlex.quote(f"{key}={quoted(value)}")


def _missing_config(error: Any) -> UserError:
    """An option of a group that has no file, such as method=mirff."""
    missing = str(error.missing_cfg_file or "")
    if missing in _EXTRA:
        return NotInstalledError(f'{_EXTRA[missing]} needs the extra `cluster`: pip install "mirimpute[cluster]"')
    if missing.startswith("hydra/launcher/"):
        names = {*descriptions("hydra/launcher"), "basic", "joblib"}
        return unknown("hydra/launcher", missing.removeprefix("hydra/launcher/"), names)
    group, _, name = missing.partition("/")
    if group == "dataset" and suffix_of(Path(name)):
        return UserError(f"dataset={name} is a file: give dataset=file {_in_quotes(f'dataset.path={name}')}")
    if group in GROUPS or group == "experiment":
        return unknown(group, name, {*descriptions(group), *_found_elsewhere(error)})
    return UserError(f"{_first_line(error)}: see mirimpute-bench --help")


def _found_elsewhere(error: Any) -> list[str]:
    """Return the names that Hydra lists in its folders, those of `--config-dir` too; what others begin with is none."""
    return [name for name in error.options or () if not name.startswith("base")]


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
