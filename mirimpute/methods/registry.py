"""The methods by name; each is a base of the configuration group `method` (``base_<key>``)."""

from __future__ import annotations

from mirimpute.methods.base import Method
from mirimpute.methods.external.hyperimpute import Hyperimpute
from mirimpute.methods.external.knn import Knn
from mirimpute.methods.external.sklearn_iterative import SklearnIterative
from mirimpute.methods.external.statsmodels_mice import StatsmodelsMice
from mirimpute.methods.gain import Gain
from mirimpute.methods.gaussian_em import GaussianEm
from mirimpute.methods.hot_deck import HotDeck
from mirimpute.methods.hyper import Hyper
from mirimpute.methods.ice import Ice
from mirimpute.methods.knewimp import KnewImp
from mirimpute.methods.mean import Mean
from mirimpute.methods.mice import Mice
from mirimpute.methods.mirf import Mirf
from mirimpute.methods.mirf_paper import MirfPaper
from mirimpute.methods.missdiff import MissDiff
from mirimpute.methods.missforest import MissForest
from mirimpute.methods.miwae import Miwae
from mirimpute.methods.sinkhorn import Sinkhorn
from mirimpute.methods.tabcsdi import TabCsdi
from mirimpute.methods.tdm import Tdm

METHODS: dict[str, type[Method]] = {
    "mean": Mean,
    "hot_deck": HotDeck,
    "gaussian_em": GaussianEm,
    "ice": Ice,
    "mice": Mice,
    "knn": Knn,
    "missforest": MissForest,
    "hyper": Hyper,
    "gain": Gain,
    "sinkhorn": Sinkhorn,
    "knewimp": KnewImp,
    "missdiff": MissDiff,
    "tabcsdi": TabCsdi,
    "tdm": Tdm,
    "miwae": Miwae,
    "mirf": Mirf,
    "mirf_paper": MirfPaper,
    "hyperimpute": Hyperimpute,
    "sklearn": SklearnIterative,
    "statsmodels": StatsmodelsMice,
}
"""Name to class; the last three wrap methods of a library, one configuration file for each method."""
