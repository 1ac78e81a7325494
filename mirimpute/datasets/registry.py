"""The kinds of datasets; each is a base of the configuration group `dataset` (``base_<key>``)."""

from __future__ import annotations

from mirimpute.datasets.base import Dataset
from mirimpute.datasets.bundled import Bundled
from mirimpute.datasets.files import File
from mirimpute.datasets.openml_source import OpenML
from mirimpute.datasets.synthetic import Gaussian, HeavyTails, Moons, TwoGaussians
from mirimpute.datasets.uci import Uci

DATASETS: dict[str, type[Dataset]] = {
    "bundled": Bundled,
    "file": File,
    "gaussian": Gaussian,
    "heavy_tails": HeavyTails,
    "moons": Moons,
    "openml": OpenML,
    "two_gaussians": TwoGaussians,
    "uci": Uci,
}
