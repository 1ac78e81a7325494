"""Formulas of columns, such as ``weight / height**2``: parsed, computed, and solved for one of their names.

The text is never run as Python. It is parsed to a tree in which only numbers, names, + - * / **, parentheses and log,
exp, sqrt and abs of one value may stand; the tree is then walked with NumPy. A name that is no word is written in
backticks: ```body weight` / 2``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mirimpute.errors import UserError

Array = np.ndarray

FUNCTIONS: dict[str, Callable[[Array], Array]] = {"log": np.log, "exp": np.exp, "sqrt": np.sqrt, "abs": np.abs}
_INVERSE: dict[str, Callable[[Array], Array]] = {"log": np.exp, "exp": np.log, "sqrt": np.square}
_OPERATIONS: dict[type[ast.operator], Callable[[Array, Array], Array]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.float_power,
}
_QUOTED = re.compile(r"`([^`]+)`")
_LONGEST, _DEEPEST = 1_000, 200
_LARGEST = 1e300
_ALLOWED = f"numbers, columns, + - * / ** and {', '.join(FUNCTIONS)}"


class NotSolvableError(ValueError):
    """A formula that has no single solution for a name."""


@dataclass(frozen=True)
class Expression:
    """A formula.

    Attributes:
        text: as it was written.
        tree: what it was parsed to; of allowed parts alone.
        quoted: what the names in the tree stand for that were written in backticks.
    """

    text: str
    tree: ast.expr
    quoted: Mapping[str, str]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names in it, each once, in the order of their first place."""
        return tuple(dict.fromkeys(map(self._name, _names_in(self.tree))))

    def value(self, of_names: Mapping[str, Array]) -> Array:
        """Return the formula's values (n,), not finite where it has none.

        >>> parsed("weight / height**2").value({"weight": np.array([80.0]), "height": np.array([2.0])})
        array([20.])
        """
        with np.errstate(all="ignore"):
            return np.asarray(self._value(self.tree, of_names), dtype=np.float64)

    def solved(self, wanted: str, value: Array, of_names: Mapping[str, Array], nonnegative: Collection[str]) -> Array:
        """Return what ``wanted`` has to be where the formula has a value, (n,), not finite where nothing does.

        The formula is undone step by step: it may hold the name once. Even powers are undone for names without a sign.

        Args:
            wanted: a name.
            value: of the formula (n,).
            of_names: values of the other names, (n,) each.
            nonnegative: names whose values are never negative.

        Raises:
            NotSolvableError: the name stands there twice or in abs(), or a power of it loses its sign.

        >>> found = parsed("weight / height**2")
        >>> found.solved("height", np.array([20.0]), {"weight": np.array([80.0])}, {"height"})
        array([2.])
        """
        with np.errstate(all="ignore"):
            return np.asarray(self._undone(self.tree, wanted, value, of_names, nonnegative), dtype=np.float64)

    def _name(self, node: ast.Name) -> str:
        return self.quoted.get(node.id, node.id)

    def _value(self, node: ast.expr, of_names: Mapping[str, Array]) -> Array:
        if isinstance(node, ast.Constant):
            return np.float64(float(node.value))  # type: ignore[arg-type]  # it is a number, see _is_allowed
        if isinstance(node, ast.Name):
            return of_names[self._name(node)]
        if isinstance(node, ast.BinOp):
            return _OPERATIONS[type(node.op)](self._value(node.left, of_names), self._value(node.right, of_names))
        if isinstance(node, ast.UnaryOp):
            inner = self._value(node.operand, of_names)
            return -inner if isinstance(node.op, ast.USub) else inner
        assert isinstance(node, ast.Call)
        assert isinstance(node.func, ast.Name)
        return FUNCTIONS[node.func.id](self._value(node.args[0], of_names))

    def _count(self, node: ast.expr, wanted: str) -> int:
        return sum(self._name(each) == wanted for each in _names_in(node))

    def _undone(
        self, node: ast.expr, wanted: str, value: Array, known: Mapping[str, Array], nonnegative: Collection[str]
    ) -> Array:
        if isinstance(node, ast.Name):
            return value
        if isinstance(node, ast.UnaryOp):
            inner = -value if isinstance(node.op, ast.USub) else value
            return self._undone(node.operand, wanted, inner, known, nonnegative)
        if isinstance(node, ast.Call):
            assert isinstance(node.func, ast.Name)
            if node.func.id not in _INVERSE:
                raise NotSolvableError(node.func.id)
            return self._undone(node.args[0], wanted, _INVERSE[node.func.id](value), known, nonnegative)
        assert isinstance(node, ast.BinOp)
        if self._count(node, wanted) != 1:
            raise NotSolvableError(f"{wanted} stands there more than once")
        on_left = bool(self._count(node.left, wanted))
        inside, other = (node.left, node.right) if on_left else (node.right, node.left)
        known_side = self._value(other, known)
        if isinstance(node.op, ast.Pow) and on_left:
            signless = isinstance(inside, ast.Name) and self._name(inside) in nonnegative
            value = _root(value, known_side, signless)
        else:
            value = _UNDO[type(node.op), on_left](value, known_side)
        return self._undone(inside, wanted, value, known, nonnegative)


_UNDO: dict[tuple[type[ast.operator], bool], Callable[[Array, Array], Array]] = {
    (ast.Add, True): lambda value, other: value - other,
    (ast.Add, False): lambda value, other: value - other,
    (ast.Sub, True): lambda value, other: value + other,
    (ast.Sub, False): lambda value, other: other - value,
    (ast.Mult, True): lambda value, other: value / other,
    (ast.Mult, False): lambda value, other: value / other,
    (ast.Div, True): lambda value, other: value * other,
    (ast.Div, False): lambda value, other: other / value,
    (ast.Pow, False): lambda value, other: np.log(value) / np.log(other),
}
"""Operation, and whether the name is on its left -> what its other side has to be."""


def _root(value: Array, power: Array, signless: bool) -> Array:
    """Return the number whose power is ``value``; raises NotSolvableError where two are."""
    if np.ndim(power) == 0 and power % 2 == 1:
        return np.sign(value) * np.float_power(np.abs(value), 1 / power)
    if not signless:
        raise NotSolvableError("a power of it loses its sign")
    return np.float_power(value, 1 / power)


def _names_in(tree: ast.expr) -> list[ast.Name]:
    """Return the names of columns in a tree, not those of functions."""
    calls = {id(each.func) for each in ast.walk(tree) if isinstance(each, ast.Call)}
    return [node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in calls]


def parsed(text: str) -> Expression:
    """Return a formula.

    >>> parsed("log(`body weight`) - 2 * age").names
    ('body weight', 'age')

    Raises:
        UserError: it is no formula, or holds something else than numbers, names and the allowed operations.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise UserError(
            f"formula {str(text)[:60]!r} is no text of at most {_LONGEST} characters: give one of {_ALLOWED}"
        )
    quoted: dict[str, str] = {}
    stand_in = "_quoted"
    while stand_in in text:  # no column of that name is meant
        stand_in += "_"

    def word(match: re.Match[str]) -> str:
        name = f"{stand_in}_{len(quoted)}"
        quoted[name] = match[1]
        return name

    try:
        tree = ast.parse(_QUOTED.sub(word, text).strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UserError(f"formula {text[:60]!r} cannot be read ({_reason(error)}): give one of {_ALLOWED}") from None
    if _depth(tree) > _DEEPEST:
        raise UserError(f"formula {text[:60]!r} is nested more than {_DEEPEST} deep: give a shorter one")
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and not _is_allowed(node):
            raise UserError(
                f"formula {text[:60]!r} holds {ast.unparse(node)[:60]!r}, which is not allowed: give {_ALLOWED}"
            )
    found = Expression(text, tree, quoted)
    if not found.names:
        raise UserError(f"formula {text[:60]!r} names no column: give one such as 'weight / height**2'")
    return found


def _depth(tree: ast.AST) -> int:
    """Return how deep a tree is, without a recursion of its depth."""
    depth, level = 0, [tree]
    while level and depth <= _DEEPEST:
        depth, level = depth + 1, [child for node in level for child in ast.iter_child_nodes(node)]
    return depth


def _reason(error: BaseException) -> str:
    return str(getattr(error, "msg", "")) or type(error).__name__


def _is_allowed(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float)) and not isinstance(node.value, bool) and abs(node.value) < _LARGEST
    if isinstance(node, ast.BinOp):
        return type(node.op) in _OPERATIONS
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, (ast.USub, ast.UAdd))
    if isinstance(node, ast.Call):
        plain = isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS
        return plain and len(node.args) == 1 and not node.keywords
    return isinstance(node, ast.Name)
