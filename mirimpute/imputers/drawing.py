"""How many draws a method gives, and whether each is of a model of its own, as multiple imputation wants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mirimpute.errors import UserError

if TYPE_CHECKING:
    from mirimpute.methods.base import Method

_PROPER_KINDS = ("bayes", "pmm", "cart", "rf")
"""Of chained equations: each chain draws its own parameters or trees in every round, as R's mice does."""
_PROPER_PROGRAMS = ("r/mice_pmm", "r/mice_cart", "r/mice_rf", "r/mice_norm", "r/amelia")
"""Programs whose completed tables are multiple imputations by their authors' word: chains, and bootstrapped EM."""


def method_with_draws(name: str, parameters: Mapping[str, Any] | None, draws: int, option: str = "n_draws") -> Method:
    """Return a method that gives so many draws at least, checked.

    Args:
        name: of :data:`mirimpute.methods.presets.PRESETS`.
        parameters: that differ from the preset's.
        draws: how many; 0: as many as the parameters say.
        option: what asks for them.

    Raises:
        UserError: unknown name or parameter; the method completes the table once.
    """
    from mirimpute.methods.presets import named_method

    method: Any = named_method(name, parameters)
    if draws and hasattr(method, "draws"):
        return named_method(name, {**(parameters or {}), "draws": draws})
    if draws and hasattr(method, "chains"):  # each of which is a draw
        return named_method(name, {**(parameters or {}), "chains": max(draws, method.chains)})
    if draws > 1:
        raise UserError(
            f"method {name!r} completes the table once, and {option} {draws} asks for {draws}: ask for one, or take "
            "another method, such as mirf or mice"
        )
    return method


def draws_by_models(method: Method) -> bool:
    """Return whether each draw of one fit is of a model of its own (Rubin's "proper" imputation)."""
    from mirimpute.methods.baselines.mice import Mice
    from mirimpute.methods.chained import Chained

    if isinstance(method, Mice):
        return method.kind in _PROPER_KINDS
    if isinstance(method, Chained):
        return method.transport in _PROPER_KINDS
    return method.name in _PROPER_PROGRAMS


def check_multiple(method: Method) -> None:
    """Refuse multiple imputation by a method that cannot, before any work.

    Raises:
        UserError: it neither draws by models of its own nor completes rows that it was not fitted on.
    """
    from mirimpute.methods.mirf.method import Mirf

    if isinstance(method, Mirf) or draws_by_models(method):
        return
    raise UserError(
        f"method {method.name!r} has one model or none for all draws, so that multiple imputation by it would take the "
        "model for known: take mirf, mirf_fast or mice, or ask for plain draws of the one model"
    )
