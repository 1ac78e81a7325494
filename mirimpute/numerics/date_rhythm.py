"""Dates that all are the first or the last of a year or a month, or the same day of the week."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.types import Array

_DAY = 86_400
_WEEK = 7
_FEWEST, _FEWEST_DISTINCT = 10, 3


@dataclass(frozen=True)
class DateRhythm:
    """Days at the beginning of periods, or ``shift`` days before.

    Attributes:
        unit: Y, M or W, of NumPy; its weeks begin on Thursdays.
        shift: days.
    """

    unit: str
    shift: int

    @classmethod
    def of(cls, seconds: Array) -> DateRhythm | None:
        """Return the rhythm of dates, None where they have none.

        Args:
            seconds: since 1970, float64 (n,), none missing.

        >>> days = np.array([f"202{k % 2}-{k % 12 + 1:02d}-01" for k in range(24)], dtype="M8[s]")
        >>> DateRhythm.of(days.astype(float)), DateRhythm.of(days.astype(float) - 86_400)
        (DateRhythm(unit='M', shift=0), DateRhythm(unit='M', shift=1))
        """
        days = np.unique(seconds) / _DAY
        if len(seconds) < _FEWEST or len(days) < _FEWEST_DISTINCT or not np.array_equal(days, np.round(days)):
            return None
        for unit, shifts in (("Y", range(2)), ("M", range(2)), ("W", range(_WEEK))):
            for shift in shifts:
                rhythm = cls(unit, shift)
                if np.array_equal(rhythm.nearest(days * _DAY), days * _DAY):
                    return rhythm
        return None

    def nearest(self, seconds: Array) -> Array:
        """Return the nearest days of the rhythm, as seconds, for seconds since 1970 (...)."""
        days = np.round(seconds / _DAY) + self.shift
        before = days.astype("M8[D]").astype(f"M8[{self.unit}]")
        ends = [each.astype("M8[D]").astype(float) for each in (before, before + 1)]
        return (np.where(days - ends[0] <= ends[1] - days, *ends) - self.shift) * _DAY
