"""Tables with a known distribution: one file for each."""

from mirimpute.datasets.synthetic.base import Synthetic
from mirimpute.datasets.synthetic.bimodal import Bimodal
from mirimpute.datasets.synthetic.bounded import Bounded
from mirimpute.datasets.synthetic.heavy_tails import HeavyTails
from mirimpute.datasets.synthetic.heteroscedastic import Heteroscedastic
from mirimpute.datasets.synthetic.lognormal import Lognormal
from mirimpute.datasets.synthetic.moons import Moons
from mirimpute.datasets.synthetic.normal import Gaussian
from mirimpute.datasets.synthetic.parabola import Parabola
from mirimpute.datasets.synthetic.ring import Ring
from mirimpute.datasets.synthetic.student_t import StudentT
from mirimpute.datasets.synthetic.two_gaussians import TwoGaussians
from mirimpute.datasets.synthetic.zero_inflated import ZeroInflated

__all__ = [
    "Bimodal",
    "Bounded",
    "Gaussian",
    "HeavyTails",
    "Heteroscedastic",
    "Lognormal",
    "Moons",
    "Parabola",
    "Ring",
    "StudentT",
    "Synthetic",
    "TwoGaussians",
    "ZeroInflated",
]
