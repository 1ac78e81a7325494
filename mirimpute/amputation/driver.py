"""Missing at random by one column, which stays observed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mirimpute.amputation.base import Mechanism, Proposal
from mirimpute.amputation.predictors import check_strength, varying_columns
from mirimpute.errors import UserError, unknown


@dataclass
class Driven(Mechanism):
    """One column decides about all others and stays observed; subclasses say how.

    Attributes:
        driver: the column that decides, by its name or, where none has that name, its number counted from 0; it misses
            no value ("": a random one of the columns that vary and miss nothing).
        strength: see the subclass.
    """

    driver: str = ""
    strength: float = 1.0

    def check(self) -> None:
        """Raise UserError unless ``strength`` is above 0."""
        check_strength(self.strength)

    def for_table(self, names: Sequence[str], values: np.ndarray) -> Mechanism:
        """Return the mechanism with the number of the driver; errors as :meth:`propose`."""
        if not self.driver:
            return self
        numbers = [str(number) for number in range(len(names))]
        if self.driver not in names and self.driver not in numbers:
            raise unknown("mechanism.driver", self.driver, names)
        number = list(names).index(self.driver) if self.driver in names else int(self.driver)
        check_driver(number, values, names, self.name)
        return replace(self, driver=str(number))

    def propose(self, values: np.ndarray, rng: np.random.Generator, categorical: np.ndarray) -> Proposal:
        """Return the log-odds of the driver for all other columns.

        Raises:
            UserError: the driver is no column, is constant or misses values, or no column can be one.
        """
        driver = choose_driver(values, self.driver, self.name, rng)
        eligible = np.ones(values.shape, dtype=bool)
        eligible[:, driver] = False
        logits = self.strength * self.score(values[:, driver], bool(categorical[driver]), rng)
        return Proposal(
            eligible=eligible,
            logits=np.broadcast_to(logits[:, None], values.shape),
            intercept_per_column=True,
            notes=(f"column {driver} decides and stays observed",),
            limit=f"1 of {values.shape[1]} columns stays observed",
            remedy="rate_of=eligible",
        )

    @abstractmethod
    def score(self, column: np.ndarray, categorical: bool, rng: np.random.Generator) -> np.ndarray:
        """Return the log-odds (n_rows,) of the driver's values at strength 1, up to an intercept."""


def choose_driver(values: np.ndarray, driver: str, mechanism_name: str, rng: np.random.Generator) -> int:
    """Return the number of the column that decides.

    Args:
        values: (n_rows, n_columns), NaN where there is no value.
        driver: its number as text, or "" for a random one.
        mechanism_name: for the message.
        rng: chooses.

    Raises:
        UserError: there is no such column, it is constant or misses values, or no column can be a driver.
    """
    numbers = [str(number) for number in range(values.shape[1])]
    if driver:
        if driver not in numbers:
            raise unknown("mechanism.driver", driver, numbers)
        check_driver(int(driver), values, numbers, mechanism_name)
        return int(driver)
    able = possible_drivers(values, mechanism_name)
    if not able.any():
        raise UserError(
            f"mechanism {mechanism_name!r} needs a column that varies and misses no value, and the table has none: "
            "use mechanism=mcar, or mechanism=mar, whose columns may miss values"
        )
    return int(rng.choice(np.flatnonzero(able)))


def possible_drivers(values: np.ndarray, mechanism_name: str) -> np.ndarray:
    """Return bool (n_columns,): the columns that vary and miss nothing; errors as of :func:`varying_columns`."""
    return varying_columns(values, mechanism_name) & ~np.isnan(values).any(axis=0)


def check_driver(number: int, values: np.ndarray, names: Sequence[str], mechanism_name: str) -> None:
    """Raise UserError unless column ``number`` of ``values`` varies and misses nothing; the message has ``names``."""
    able = possible_drivers(values, mechanism_name)
    if able[number]:
        return
    holes = int(np.isnan(values[:, number]).sum())
    reason = f"it misses {holes} of {len(values)} values" if holes else "it is constant"
    others = ", ".join(names[each] for each in np.flatnonzero(able)[:12])
    remedy = f"give a complete column that varies: {others}" if others else "use mechanism=mcar"
    raise UserError(f"mechanism.driver={names[number]} cannot decide what goes missing, because {reason}; {remedy}")
