"""Hydra's and OmegaConf's errors, said in one sentence with the value and the fix."""

from __future__ import annotations

import dataclasses
import re
import shlex
from pathlib import Path
from typing import Any

from mirimpute.bench.conf_location import descriptions
from mirimpute.bench.config import CellConfig
from mirimpute.bench.sweeps.overrides import quoted, typed
from mirimpute.bench.sweeps.schema import GROUPS
from mirimpute.datasets.files import suffix_of
from mirimpute.errors import NotInstalledError, UserError, unknown

_EXTRA = {"hydra/launcher/base_slurm": "hydra/launcher=slurm", "hydra/launcher/joblib": "hydra/launcher=joblib"}


def user_error(error: BaseException) -> UserError | None:
    """Return what ``error`` means for a user, or None when it is not about the request."""
    from hydra.errors import HydraException, MissingConfigException, OverrideParseException
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
            return _omegaconf(each, chain)
    if isinstance(error, HydraException):
        override = re.search(r"Could not override '([^']+)'", str(error))
        if override:
            return _unknown_key(override[1])
        if isinstance(error, OverrideParseException):
            return _unreadable(typed(str(error.override)))
        ambiguous = re.match(r"Ambiguous value for argument '(.*)'$", str(error), re.MULTILINE)
        if ambiguous:
            return _several(typed(ambiguous[1]))
        return UserError(f"{_first_line(error)}: write options as key=value, see mirimpute-bench --help")
    return None


def _causes(error: BaseException | None) -> Any:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _unreadable(override: str) -> UserError:
    """An option that is not in Hydra's grammar, such as dataset.path=my(1).csv or größe=3."""
    key, equals, value = override.partition("=")
    key = key.lstrip("+~")
    if not equals:
        return UserError(f"{override!r} is no option: write options as key=value, see mirimpute-bench --help")
    if not re.fullmatch(r"[A-Za-z0-9_.$/@:-]+", key):
        return _unknown_key(key)
    if key == "dataset.kinds" and value.lstrip()[:1] == "{":
        return UserError(
            f"{override} cannot be read, names between braces are ASCII: give '+dataset.kinds.<column>=<kind>', "
            "where any name may stand"
        )
    return UserError(f"{override} cannot be read, a letter of its value needs quotes: give {_in_quotes(override)}")


def _several(override: str) -> UserError:
    """Values with commas between them, which only a sweep takes."""
    key, _, value = override.partition("=")
    way = ""
    if key.startswith("+dataset.kinds."):
        way = f", or give one order of categories as {shlex.quote(f'{key}=[{value}]')}"
    elif key.startswith("dataset.") or key == "results_dir":
        way = f", or give one value that has commas as {_in_quotes(override)}"
    return UserError(f"{override} is several values: add -m to sweep over several values{way}")


def _in_quotes(override: str) -> str:
    """Return the option with its value between quotes, as it is typed in a shell."""
    key, _, value = override.partition("=")
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
        return unknown(group, name, descriptions(group))
    return UserError(f"{_first_line(error)}: see mirimpute-bench --help")


def _omegaconf(error: Any, chain: list[BaseException]) -> UserError:
    from omegaconf.errors import ConfigAttributeError, ConfigKeyError, MissingMandatoryValue

    key = error.full_key or error.key or ""
    if isinstance(error, (ConfigAttributeError, ConfigKeyError)):
        for each in chain:
            override = re.search(r"Could not override '([^']+)'", str(each))
            if override:
                return _unknown_key(override[1], error.object_type)
        return _unknown_key(str(key), error.object_type)
    if isinstance(error, MissingMandatoryValue):
        return UserError(f"{key} has no value: give {key}=<value>")
    for each in chain:
        override = re.search(r"Error merging override (.+)", str(each))
        if override and "is not a subclass of" in str(error):
            group = override[1].strip().partition("=")[0]
            return UserError(f"{override[1].strip()}: {group} has keys of its own, give {group}.<key>=<value>")
        if override:
            return UserError(f"{typed(override[1].strip())}: {_no_value(error) or _first_line(error)}")
    return UserError(f"{key}: {_first_line(error)}" if key else _first_line(error))


def _no_value(error: Any) -> str:
    """Return what is wrong with a value that is not of the key's type, "" for other errors."""
    found = re.match(r"Value '(.*)' of type '.*' could not be converted to (Integer|Float)", str(error), re.DOTALL)
    if not found:
        boolean = re.match(r"Value '(.*)' is not a valid bool", str(error), re.DOTALL)
        return f"{boolean[1]!r} is neither true nor false: give one of them" if boolean else ""
    kind, example = {"Integer": ("whole number", "3"), "Float": ("number", "0.3")}[found[2]]
    return f"{found[1]!r} is no {kind}: give one, such as {example}"


def _unknown_key(key: str, object_type: Any = None) -> UserError:
    """A key that the schema does not have, such as missing_rat=0.3 or method.round=3."""
    if "." not in key:
        fields = {field.name for field in dataclasses.fields(CellConfig)} | {"experiment"}
        return unknown("key", key, fields)
    parent, _, name = key.rpartition(".")
    if (parent == "dataset" and name == "kinds") or parent == "dataset.kinds":
        return UserError(
            "dataset.kinds names columns of yours, which are new keys: give +dataset.kinds.<column>=<kind>"
        )
    if dataclasses.is_dataclass(object_type):
        return unknown(f"key of {parent}", name, {field.name for field in dataclasses.fields(object_type)})
    return UserError(f"unknown key {key!r}: see mirimpute-bench --cfg job for the keys of {parent}")


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return typed(lines[0].rstrip(".")) if lines else type(error).__name__
