"""The options of `mirimpute-bench`, checked and handed to Hydra.

The decorator `hydra.main` reads ``sys.argv`` and prints errors in words of its own. Instead, this module uses
`initialize_config_dir`, which is documented, and the object that it makes, which composes, shows and sweeps. Hydra's
own parser, which is not documented, reads options such as ``--cfg``. Every ``key=value`` is checked against the schema
before Hydra sees it. A single cell is composed here and has no Hydra job around it: callbacks and
``hydra.job.env_set`` work in a sweep only.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import time
from collections.abc import Sequence
from functools import partial
from typing import Any, NoReturn

from mirimpute.bench.conf_location import conf_dir
from mirimpute.bench.results.layout import SWEEPS
from mirimpute.bench.sweeps.compose import loaded, parsed
from mirimpute.bench.sweeps.overrides import readable, with_named_columns
from mirimpute.bench.sweeps.schema import register_schema
from mirimpute.bench.sweeps.translate import several, translated, unreadable
from mirimpute.bench.sweeps.values import is_value, set_value
from mirimpute.errors import UserError, near

PROGRAM = "mirimpute-bench"


def run_command(arguments: Sequence[str], task: Any) -> Any:
    """Show or sweep what is asked for and return None, or return the configuration of the single cell to run.

    Args:
        arguments: what was typed after the name of the program.
        task: called by the launchers that Hydra brings along with the configuration of each cell of a sweep.

    Raises:
        UserError: an option cannot be served.
    """
    from hydra import initialize_config_dir
    from hydra._internal.utils import get_args_parser

    parser = get_args_parser()
    parser.error = partial(_unknown_argument, list(parser._option_string_actions))  # type: ignore[method-assign]
    options = parser.parse_intermixed_args(list(arguments))
    if options.run and options.multirun:
        raise UserError("--run and --multirun contradict each other: give one of them")
    if options.resolve and not options.cfg:
        raise UserError("--resolve shows nothing by itself: give --cfg job --resolve")
    if options.package and not options.cfg:
        raise UserError(
            f"--package {options.package} shows nothing by itself: give --cfg job --package {options.package}"
        )
    if options.experimental_rerun is not None:
        raise UserError(f"--experimental-rerun={options.experimental_rerun} is not supported: type the command again")
    register_schema()
    folder = os.path.abspath(options.config_path or conf_dir())
    with translated(), initialize_config_dir(folder, job_name=PROGRAM, version_base="1.3"):
        return _run(options, parser, task)


def _run(options: argparse.Namespace, parser: argparse.ArgumentParser, task: Any) -> Any:
    from hydra.core.global_hydra import GlobalHydra
    from hydra.types import RunMode
    from omegaconf import OmegaConf, open_dict

    hydra: Any = GlobalHydra.instance().hydra
    name = options.config_name or "config"
    if options.hydra_help:
        options.overrides = []  # of Hydra's own configuration, which it shows
        return hydra.hydra_help(config_name=name, args_parser=parser, args=options)
    if options.shell_completion:
        return hydra.shell_completion(config_name=name, overrides=options.overrides)
    options.overrides = [text for text in options.overrides if text != "experiment=null"]  # the default
    typed = _parsed(options.overrides)
    _check_single(options, typed)
    overrides = [*_more_folders(options.config_dir, typed), *(each.input_line for each in typed)]
    chosen = [text for text in overrides if text not in {each.input_line for each in typed if is_value(each)}]
    config = loaded(lambda given: _composed(hydra.config_loader, name, given), chosen, typed)
    swept = {each.key_or_group for each in typed if each.is_sweep_override()}
    swept |= set(OmegaConf.select(config, "hydra.sweeper.params") or {})
    of_cells = [each for each in typed if is_value(each) and each.key_or_group.partition(".")[0] in swept]
    for each in typed:
        if is_value(each) and each not in of_cells:
            set_value(config, each.key_or_group, each.value())
    for part in ("launcher", "sweeper"):
        found = config.hydra[part]
        if not OmegaConf.is_dict(found) or not found.get("_target_"):
            value = "null" if found is None else found
            raise UserError(f"hydra.{part}={value} is no {part}: give hydra/{part}=<name>, or leave it out")
    if not str(config.results_dir).strip():
        raise UserError(f"results_dir={str(config.results_dir)!r} is no folder: give one, such as results")
    sweep = options.multirun or config.hydra.mode == RunMode.MULTIRUN
    for text, each in zip(options.overrides, typed, strict=True):
        if each.is_sweep_override() and not sweep:
            raise several(text)
    if not sweep:  # one cell, whose parts are those of the configuration
        for each in of_cells:
            set_value(config, each.key_or_group, each.value())
    if options.package and options.package != "_global_" and OmegaConf.select(config, options.package) is None:
        raise UserError(f"--package {options.package} is no part of the configuration: give one, such as method")
    if options.cfg:
        return hydra.show_cfg(name, overrides, options.cfg, options.package, options.resolve)
    if options.info:
        return hydra.show_info(options.info, name, overrides)
    if sweep:
        # A key of parts that are swept over is none of the default part: only cells have it, as what is swept over.
        single = {
            each.input_line: f"{each.key_or_group}=choice({each.get_value_element_as_str()})" for each in of_cells
        }
        told = [single.get(each, each) for each in overrides]
        hydra.multirun(name, task, [_journal(), *told, "hydra.mode=MULTIRUN"])
        return None
    OmegaConf.set_readonly(config.hydra, None)
    with open_dict(config):
        del config["hydra"]
    return with_named_columns(config)


def _composed(loader: Any, name: str, overrides: list[str]) -> Any:
    from hydra.types import RunMode

    return loader.load_configuration(name, overrides, RunMode.MULTIRUN, validate_sweep_overrides=False)


def _check_single(options: argparse.Namespace, typed: Sequence[Any]) -> None:
    """Refuse several values where there can be one: of a part of Hydra's own, and of what is only shown."""
    for text, each in zip(options.overrides, typed, strict=True):
        if not each.is_sweep_override():
            continue
        if each.key_or_group.replace("/", ".").startswith("hydra."):
            raise UserError(f"{text} is several values, and a sweep has one {each.key_or_group}: give one value")
        if options.cfg or options.info:
            shows = "--cfg" if options.cfg else "--info"
            raise UserError(f"{text} is several values, and {shows} shows one configuration: give one value")


def _unknown_argument(options: Sequence[str], message: str) -> NoReturn:
    """Raise what argparse found as a UserError, with the options that an unknown one may have been meant for."""
    found = re.search(r"(?:^|\s)(--[^\s=]+)", message)
    meant = [each for each in near(found[1], options) if each.startswith("--")] if found else []
    hint = f"did you mean {' or '.join(meant)}? " if meant and found and found[1] not in options else ""
    raise UserError(f"{message}: {hint}see {PROGRAM} --help, and --hydra-help for Hydra's own options")


def _parsed(typed: Sequence[str]) -> list[Any]:
    """Return Hydra's reading of each option.

    Raises:
        UserError: one cannot be read.
    """
    from hydra.errors import HydraException

    found = []
    for number, text in enumerate(typed):
        try:
            found.append(parsed(readable(text, number)))
        except HydraException as error:
            raise unreadable(text) from error
    _check_once(typed, found)
    return found


def _check_once(typed: Sequence[str], found: Sequence[Any]) -> None:
    """Refuse a key that is given twice: Hydra takes the last one without a word."""
    first: dict[Any, str] = {}
    for text, each in zip(typed, found, strict=True):
        other = first.setdefault((each.type, each.key_or_group, each.package), text)
        if other is not text:
            raise UserError(
                f"{each.key_or_group} is given twice, {other} and {text}: give it once, or several values to sweep "
                "over as key=value,value with -m"
            )


def _more_folders(config_dir: str | None, typed: Sequence[Any]) -> list[str]:
    """Return the option that adds a folder of configuration files."""
    if config_dir is None:
        return []
    folder = os.path.abspath(config_dir)
    if not os.path.isdir(folder):
        raise UserError(f"--config-dir {config_dir!r} is no folder: give one that is there")
    if any(each.key_or_group == "hydra.searchpath" for each in typed):
        raise UserError("--config-dir and hydra.searchpath say the same: give one of them")
    return [readable(f"hydra.searchpath=['file://{folder}']")]


def _journal() -> str:
    """Return the option that gives a sweep a folder of its own."""
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
    return f"hydra.sweep.dir='${{results_dir}}/{SWEEPS}/{name}'"
