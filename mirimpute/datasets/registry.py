"""The kinds of datasets; each is a base of the configuration group `dataset` (``base_<key>``)."""

from __future__ import annotations

from mirimpute.datasets.base import Dataset
from mirimpute.datasets.bundled import Bundled
from mirimpute.datasets.files import File
from mirimpute.datasets.openml_source import OpenML
from mirimpute.datasets.synthetic import (
    Bimodal,
    Bounded,
    Gaussian,
    HeavyTails,
    Heteroscedastic,
    Lognormal,
    Moons,
    Parabola,
    Ring,
    StudentT,
    TwoGaussians,
    ZeroInflated,
)
from mirimpute.datasets.uci import Uci

DATASETS: dict[str, type[Dataset]] = {
    "bimodal": Bimodal,
    "bounded": Bounded,
    "bundled": Bundled,
    "file": File,
    "gaussian": Gaussian,
    "heavy_tails": HeavyTails,
    "heteroscedastic": Heteroscedastic,
    "lognormal": Lognormal,
    "moons": Moons,
    "openml": OpenML,
    "parabola": Parabola,
    "ring": Ring,
    "student_t": StudentT,
    "two_gaussians": TwoGaussians,
    "uci": Uci,
    "zero_inflated": ZeroInflated,
}
