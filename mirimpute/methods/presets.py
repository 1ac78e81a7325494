"""The methods by the names that users type, with their settings, as Python literals: no Hydra, no YAML.

Every name of :data:`~mirimpute.methods.registry.METHODS` is a preset with its defaults. ``SETTINGS`` adds the others.
``conf/method/<name>.yaml`` gives the command line the same; a test compares the two.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, get_args, get_type_hints

from mirimpute.errors import UserError, unknown
from mirimpute.methods.base import Method
from mirimpute.methods.parameters import unknown_parameter
from mirimpute.methods.registry import METHODS

_PLUGINS = (
    *("EM", "gain", "hyperimpute", "ice", "mean", "median", "mice", "miracle", "missforest", "miwae"),
    *("most_frequent", "nop", "sinkhorn", "sklearn_ice", "sklearn_missforest", "softimpute"),
)


def _program(file: str, draws: int = 20, **more: Any) -> tuple[str, dict[str, Any]]:
    """Return the preset of one of the package's own programs, see ``methods/external/programs/``."""
    interpreter = "Rscript" if ".R" in file else "{python}"
    return "command", {"command": f"{interpreter} {{programs}}/{file}", "draws": draws, **more}


SETTINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "mice_by_row": ("mice", {"kind": "bayes_by_row"}),
    "mice_cart": ("mice", {"kind": "cart", "rounds": 5}),
    "mice_rf": ("mice", {"kind": "rf", "rounds": 5}),
    "mirf_mnar": ("mirf", {"selection": "self_masking"}),
    "mirf_flow": ("mirf", {"trees": 0}),
    "mirf_fast": (
        "mirf",
        {
            "steps": 150,
            "final_steps": 200,
            "chains": 4,
            "blocks": 1,
            "dropout": 0.05,
            "learning_rate": 0.005,
            "trees": 10,
        },
    ),
    "sklearn/ice": ("sklearn", {}),
    "sklearn/missforest": ("sklearn", {"regressor": "forest", "rounds": 6}),
    "statsmodels/mice": ("statsmodels", {}),
    **{f"r/mice_{kind}": _program(f"run_mice.R {kind}") for kind in ("pmm", "cart", "rf", "norm")},
    "r/missranger": _program("run_missranger.R"),
    "r/missforest": _program("run_missforest.R", draws=1),
    "r/irmi": _program("run_irmi.R"),
    "r/amelia": _program("run_amelia.R"),
    "miceforest": _program("run_miceforest.py"),
    "utrees": _program("run_utrees.py"),
    "forestdiffusion": _program("run_forestdiffusion.py"),
    **{
        f"hyperimpute/{plugin}": _program(
            f"run_hyperimpute.py {plugin}", draws=1, **({"column_means": True} if plugin == "mean" else {})
        )
        for plugin in _PLUGINS
    },
}
"""Name to key of the class in the registry and to the parameters that differ from its defaults."""

_LIBRARIES = ("sklearn", "statsmodels")

PRESETS: dict[str, tuple[str, dict[str, Any]]] = {
    **{key: (key, {}) for key in METHODS if key not in _LIBRARIES},
    **SETTINGS,
}
"""All names that a method can have, sorted into classes; libraries have one name for each of their methods."""


def named_method(name: str, parameters: Mapping[str, Any] | None = None) -> Method:
    """Return the method that ``method=<name>`` would run with, some parameters changed, and checked.

    >>> named_method("ice", {"rounds": 3})
    Ice(name='ice', rounds=3, tolerance=0.001)

    Raises:
        UserError: unknown name or parameter, or a value without a meaning.
    """
    if name not in PRESETS:
        raise unknown("method", name, PRESETS)
    key, values = PRESETS[name]
    method: Method = _instance(METHODS[key], {"name": name, **values, **(parameters or {})}, "parameter")
    method.check()
    return method


def _instance(kind: type[Any], given: Mapping[str, Any], what: str) -> Any:
    """Return the dataclass ``kind`` with these fields; ``what`` a field is called in messages."""
    types = get_type_hints(kind)
    fields = [field.name for field in dataclasses.fields(kind)]
    for name, value in given.items():
        if name not in fields:
            raise unknown_parameter(kind, name, value, what)
    return kind(**{name: _value(types[name], name, value) for name, value in given.items()})


def _value(wanted: Any, name: str, given: Any) -> Any:
    """Return ``given`` as the type of the field: NumPy numbers become Python's, a dict becomes a dataclass."""
    options = get_args(wanted) or (wanted,)
    if type(None) in options and given is None:
        return None
    kind = options[0]
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if isinstance(given, kind):
            return given
        if not isinstance(given, Mapping):
            example = dataclasses.asdict(kind())
            raise UserError(f"parameter {name}={given!r} is no dict: give one such as {example}")
        return _instance(kind, given, f"key of {name}")
    accepted = {int: Integral, float: Real}.get(kind, kind)
    if isinstance(given, accepted) and (kind is bool or not isinstance(given, bool)):
        return kind(given)
    raise UserError(f"parameter {name}={given!r} is of a wrong type: give {' or '.join(map(_named, options))}")


def _named(kind: type) -> str:
    return "None" if kind is type(None) else kind.__name__
