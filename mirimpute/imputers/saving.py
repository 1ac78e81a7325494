"""A fitted imputer in one safetensors file: arrays, and JSON in its header. Nothing in it is executed when read.

The header names the learnt parts (:data:`mirimpute.methods.mirf.model.PARTS`) with the version of each; a part reads
and writes its own arrays. It also holds the SHA-256 of all of them and of its JSON, so that a file in which a single
bit has changed is refused. The sum guards against accidents, not against somebody who computes it anew; what such a
file can say is therefore checked too.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute import __version__
from mirimpute.errors import UserError

if TYPE_CHECKING:
    from mirimpute.methods.mirf.model import MirfModel
    from mirimpute.table.columns import Column
    from mirimpute.table.encoding import Encoding
    from mirimpute.table.large_wholes import LargeWholes
    from mirimpute.table.scale import Scale
    from mirimpute.table.source_bits import SourceBits

FORMAT = "mirimpute-mirf-15"
"""What is in the header, and how the table is described; the parts of the model have versions of their own."""
_TIME = "time"
"""Key of a category that is a time of day."""
_FACTS, _SUM = "mirimpute", "sha256"
"""Keys of the header: JSON, and the checksum of the JSON and the arrays."""


@dataclass(frozen=True)
class State:
    """What an imputer has learnt.

    Attributes:
        columns, encoding, scale: of the table.
        bits: its observed values.
        model: completes rows that are encoded and standardised.
        seed: of the draws.
        trace, notes: see :class:`mirimpute.methods.base.Imputation`.
        wholes: observed values that no float64 holds, by the number of their column.
    """

    columns: tuple[Column, ...]
    encoding: Encoding
    scale: Scale
    bits: SourceBits
    model: MirfModel
    seed: int
    trace: list[dict[str, Any]]
    notes: tuple[str, ...]
    wholes: Mapping[int, LargeWholes] = field(default_factory=dict)


def save(state: State, parameters: dict[str, Any], names: list[str], path: Path) -> None:
    """Write what was learnt.

    Args:
        state: of the imputer.
        parameters: of the imputer.
        names: of the columns, where the fit was given some.
        path: of the file.

    Raises:
        UserError: the file cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    from mirimpute.methods.mirf.learnt_parts import prefixed

    parts = state.model.parts()
    arrays = {**prefixed("scale", vars(state.scale)), **prefixed("fences", vars(state.encoding.fences))}
    arrays |= prefixed("bits", state.bits.arrays())
    for name, part in parts.items():
        arrays |= prefixed(name, part.arrays())
    facts = {
        "format": FORMAT,
        "mirimpute": __version__,
        "parts": {name: part.version for name, part in parts.items()},
        "parameters": parameters,
        "names": names,
        "columns": [_column_facts(column) for column in state.columns],
        "seed": state.seed,
        "trace": state.trace,
        "notes": list(state.notes),
        "large_wholes": {str(j): [int(each) for each in found.exact] for j, found in state.wholes.items()},
    }
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    text = json.dumps(facts)
    try:
        save_file(contiguous, path, metadata={_FACTS: text, _SUM: checksum(text, contiguous)})
    except (OSError, SafetensorError) as error:
        raise UserError(f"cannot write '{path}' ({error}): choose another file, in a folder that is there") from error


def checksum(text: str, arrays: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 of the JSON of a file and of its arrays with their names, types and shapes."""
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        digest.update(array.data.cast("B") if array.size else b"")
    return digest.hexdigest()


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


def _column(facts: dict[str, Any]) -> Column:
    from mirimpute.table.columns import Column, Kind

    values = {name: tuple(map(_category, facts[name])) for name in ("categories", "levels")}
    return Column(**{**facts, "kind": Kind(facts["kind"]), **values})


def _category(fact: Any) -> Any:
    return datetime.time.fromisoformat(fact[_TIME]) if isinstance(fact, dict) else fact


def load(path: Path, known: Collection[str]) -> tuple[State, dict[str, Any], list[str]]:
    """Return state, parameters and names that :func:`save` wrote, on the CPU.

    Args:
        path: of the file.
        known: the parameters that an imputer has.

    Raises:
        UserError: the file is absent, damaged, or not of this program or version.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise UserError(f"there is no file '{path}': give one that MirfImputer.save wrote")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        text = metadata.get(_FACTS, "{}")
        facts = json.loads(text)
    except (SafetensorError, OSError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise UserError(f"'{path}' is damaged or no safetensors file ({error}): save the imputer again") from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise UserError(f"'{path}' holds no MIRF imputer of this version ({FORMAT}): fit and save again")
    if metadata.get(_SUM) != checksum(text, arrays):
        raise UserError(f"'{path}' is damaged: it does not match its checksum; save the imputer again")
    try:
        _check_versions(facts["parts"], path)
        state, parameters = _state(facts, arrays), dict(facts["parameters"])
        names = [str(name) for name in facts["names"]]
        if set(parameters) - set(known) or (names and len(names) != len(state.columns)):
            raise ValueError("parameters or names that do not belong to it")
        return state, parameters, names
    except UserError:
        raise
    except (
        AttributeError,
        ArithmeticError,
        LookupError,
        MemoryError,
        TypeError,
        ValueError,
        RuntimeError,
    ) as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise UserError(f"'{path}' is not a whole imputer ({what}): save it again") from error


def _check_versions(versions: dict[str, int], path: Path) -> None:
    """Raise UserError where the file has a part that this program does not read."""
    from mirimpute.methods.mirf.model import PARTS

    for name, version in versions.items():
        ours = PARTS[name].version if name in PARTS else None
        if version != ours:
            raise UserError(
                f"'{path}' has the part {name!r} in version {version}, and this program reads version {ours}: fit and "
                "save again"
            )


def _state(facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> State:
    from mirimpute.methods.mirf.learnt_parts import of_prefix
    from mirimpute.methods.mirf.model import MirfModel
    from mirimpute.table.encoding import Encoding
    from mirimpute.table.large_wholes import LargeWholes
    from mirimpute.table.scale import Scale
    from mirimpute.table.source_bits import SourceBits
    from mirimpute.table.wild import Fences

    columns = tuple(map(_column, facts["columns"]))
    encoding = Encoding(columns, Fences(**of_prefix("fences", arrays)))
    scale = Scale(**of_prefix("scale", arrays))
    widths = {(len(columns),): vars(encoding.fences), (len(encoding.encoded_columns),): vars(scale)}
    if any(array.shape != shape for shape, each in widths.items() for array in each.values()):
        raise ValueError("a scale of other columns")
    return State(
        columns=columns,
        encoding=encoding,
        scale=scale,
        bits=SourceBits.from_arrays(of_prefix("bits", arrays), len(columns)),
        model=MirfModel.from_arrays({name: of_prefix(name, arrays) for name in facts["parts"]}),
        seed=int(facts["seed"]),
        trace=facts["trace"],
        notes=tuple(facts["notes"]),
        wholes={int(j): LargeWholes.of(exact) for j, exact in facts["large_wholes"].items()},
    )
