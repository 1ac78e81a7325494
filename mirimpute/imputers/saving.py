"""A fitted imputer in one safetensors file: arrays, and JSON in its header. Nothing in it is executed when read."""

from __future__ import annotations

import datetime
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute import __version__
from mirimpute.errors import UserError

if TYPE_CHECKING:
    from mirimpute.imputers.mirf_imputer import MirfImputer
    from mirimpute.table.columns import Column

FORMAT = "mirimpute-mirf-10"
_TIME = "time"
"""Key of a category that is a time of day."""


def save(imputer: MirfImputer, path: Path) -> None:
    """Write the fitted imputer.

    Raises:
        UserError: the file cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    model, flow = imputer._model, imputer._model.flow
    network = flow.network
    arrays: dict[str, np.ndarray] = {
        **{f"scale.{name}": array for name, array in vars(imputer._scale).items()},
        **{f"fences.{name}": array for name, array in vars(imputer._encoding.fences).items()},
        "base.mean": flow.base.mean.cpu().numpy(),
        "base.covariance": flow.base.covariance.cpu().numpy(),
        "weights": np.array(model.stack.weights),
        "spread": model.spread,
        "lowest": model.support.lowest,
        "highest": model.support.highest,
        "outlier": model.outlier,
        "slopes": model.slopes,
        "offset": model.support.offset,
        **{f"predictor.{name}": value.cpu().numpy() for name, value in flow.predictor.arrays().items()},
        **{f"network.{name}": value.cpu().numpy() for name, value in network.state_dict().items()},
        **{
            f"trees.{number}.{name}": value
            for number, trees in enumerate(model.stack.trees)
            for name, value in trees.arrays().items()
        },
        **{f"balance.{name}": array for name, array in (model.balance.arrays() if model.balance else {}).items()},
        **{f"bits.{name}": array for name, array in imputer._bits.arrays().items()},
        **{f"support.{j}": values for j, values in enumerate(model.support.values) if values is not None},
    }
    facts = {
        "format": FORMAT,
        "mirimpute": __version__,
        "parameters": {key: value for key, value in imputer.get_params().items() if key != "random_state"},
        "seed": imputer._seed,
        "shift": model.shift,
        "n_features_in": imputer.n_features_in_,
        "columns": [_column_facts(column) for column in imputer.columns_],
        "feature_names_in": [str(name) for name in getattr(imputer, "feature_names_in_", [])],
        "trace": imputer.trace_,
        "notes": list(imputer.notes_),
        "network": {
            "members": network.members,
            "width": network.width,
            "blocks": len(network.blocks),
            "dropout": network.dropout,
        },
        "source": flow.predictor.source,
        "flow": {
            "trust_point": flow.trust_point,
            "trust_draw": flow.trust_draw,
            "solver": flow.solver,
            "solver_steps": flow.solver_steps,
        },
    }
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    try:
        save_file(contiguous, path, metadata={"mirimpute": json.dumps(facts)})
    except (OSError, SafetensorError) as error:
        raise UserError(f"cannot write '{path}' ({error}): choose another file, in a folder that is there") from error


def _column_facts(column: Column) -> dict[str, Any]:
    """Return a column as plain JSON.

    Raises:
        UserError: its categories are neither texts, numbers nor times.
    """
    for category in (*column.categories, *column.levels):
        if not isinstance(category, (str, bool, int, float, datetime.time)):
            raise UserError(
                f"column {column.name!r} has the category {category!r}, a {type(category).__name__}, which no file "
                "can hold: make them strings before the fit"
            )
    plain = {
        name: [{_TIME: each.isoformat()} if isinstance(each, datetime.time) else each for each in values]
        for name, values in (("categories", column.categories), ("levels", column.levels))
    }
    return {**asdict(column), "kind": column.kind.value, **plain}


def _category(fact: Any) -> Any:
    return datetime.time.fromisoformat(fact[_TIME]) if isinstance(fact, dict) else fact


def load(path: Path) -> MirfImputer:
    """Return the imputer that :func:`save` wrote, on the CPU.

    Raises:
        UserError: the file is absent, damaged, or not of this program or version.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise UserError(f"there is no file '{path}': give one that MirfImputer.save wrote")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            facts = json.loads(metadata.get("mirimpute", "{}"))
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError, ValueError) as error:
        raise UserError(f"'{path}' is damaged or no safetensors file ({error}): save the imputer again") from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise UserError(f"'{path}' holds no MIRF imputer of this version ({FORMAT}): fit and save again")
    try:
        return _imputer(facts, arrays)
    except (KeyError, TypeError, ValueError, RuntimeError, IndexError) as error:
        raise UserError(f"'{path}' is not a whole imputer ({type(error).__name__}: {error}): save it again") from error


def _imputer(facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> MirfImputer:
    import torch

    from mirimpute.flow.network import ResidualNetwork
    from mirimpute.imputers.mirf_imputer import MirfImputer
    from mirimpute.methods.gaussian import GaussianModel, IndependentModel
    from mirimpute.methods.mirf.flow_model import FlowModel
    from mirimpute.methods.mirf.model import MirfModel, Support
    from mirimpute.methods.mirf.pattern.resampling import Balance
    from mirimpute.methods.mirf.prediction import Predictor
    from mirimpute.methods.mirf.stack import Stack
    from mirimpute.methods.mirf.trees import TreeMeans
    from mirimpute.table.columns import Column, Kind
    from mirimpute.table.encoding import Encoding
    from mirimpute.table.scale import Scale
    from mirimpute.table.source_bits import SourceBits
    from mirimpute.table.wild import Fences

    def part(prefix: str) -> dict[str, np.ndarray]:
        return {name[len(prefix) :]: array for name, array in arrays.items() if name.startswith(prefix)}

    columns = tuple(
        Column(
            **{
                **each,
                "kind": Kind(each["kind"]),
                **{name: tuple(map(_category, each[name])) for name in ("categories", "levels")},
            }
        )
        for each in facts["columns"]
    )
    encoding = Encoding(columns, Fences(**part("fences.")))
    d = len(arrays["lowest"])
    covariance = torch.as_tensor(arrays["base.covariance"])
    kind = GaussianModel if covariance.ndim == 2 else IndependentModel
    stored = {name: torch.as_tensor(array) for name, array in part("predictor.").items()}
    predictor = Predictor(**stored, source=str(facts["source"]))
    shape = facts["network"]
    network = ResidualNetwork(
        shape["members"],
        predictor.n_features,
        d,
        shape["width"],
        shape["blocks"],
        shape["dropout"],
        torch.Generator().manual_seed(0),
    )
    network.load_state_dict({name: torch.as_tensor(array) for name, array in part("network.").items()})
    network.eval().requires_grad_(False)
    base = kind(torch.as_tensor(arrays["base.mean"]), covariance)
    values = tuple(arrays.get(f"support.{j}") for j in range(d))
    support = Support(arrays["lowest"], arrays["highest"], values, encoding.categorical, arrays["offset"])
    stored_balance = part("balance.")
    imputer = MirfImputer(**{**facts["parameters"], "device": "cpu", "random_state": None})
    imputer._seed = int(facts["seed"])
    imputer._scale = Scale(**part("scale."))
    imputer._model = MirfModel(
        flow=FlowModel(base=base, predictor=predictor, network=network, **facts["flow"]),
        stack=Stack(
            tuple(TreeMeans.from_arrays(part(f"trees.{number}.")) for number in range(len(arrays["weights"]))),
            tuple(arrays["weights"]),
        ),
        shift=float(facts["shift"]),
        spread=arrays["spread"],
        support=support,
        outlier=arrays["outlier"],
        slopes=arrays["slopes"],
        balance=Balance.from_arrays(stored_balance, encoding.categorical, d) if stored_balance else None,
    )
    imputer.columns_, imputer._encoding = columns, encoding
    imputer._bits = SourceBits.from_arrays(part("bits."), len(columns))
    imputer.n_features_in_ = int(facts["n_features_in"])
    if facts["feature_names_in"]:
        imputer.feature_names_in_ = np.array(facts["feature_names_in"], dtype=object)
    imputer.trace_, imputer.notes_ = facts["trace"], tuple(facts["notes"])
    return imputer
