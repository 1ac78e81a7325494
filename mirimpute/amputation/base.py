"""The contract of a mechanism: how strongly each cell wants to go missing, up to one intercept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np


@dataclass
class Mechanism(ABC):
    """A missingness mechanism; subclasses add their parameters as typed fields.

    Attributes:
        name: the label in rows, tables and folders.
    """

    name: str
