"""Checks of parameters that many methods share; each refusal names the value and the fix."""

from __future__ import annotations

from mirimpute.errors import UserError
from mirimpute.methods.base import Method


def at_least(method: Method, least: float, *names: str) -> None:
    """Raise UserError when a parameter is below ``least``."""
    for name in names:
        if not getattr(method, name) >= least:  # also true of NaN
            raise UserError(f"method.{name}={getattr(method, name)} is too small: give {least} or more")


def within(method: Method, lowest: float, below: float, *names: str) -> None:
    """Raise UserError when a parameter is not in [lowest, below)."""
    for name in names:
        if not lowest <= getattr(method, name) < below:
            raise UserError(f"method.{name}={getattr(method, name)} is outside [{lowest}, {below}): give one inside")


def positive(method: Method, *names: str) -> None:
    """Raise UserError when a parameter is not a finite number above 0."""
    for name in names:
        if not 0 < getattr(method, name) < float("inf"):
            raise UserError(f"method.{name}={getattr(method, name)} must be a finite number above 0")
