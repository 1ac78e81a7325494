"""The methods by name; each is a base of the configuration group `method` (``base_<key>``)."""

from __future__ import annotations

from mirimpute.methods.base import Method
from mirimpute.methods.baselines.cacti import Cacti
from mirimpute.methods.baselines.diffputer import DiffPuter
from mirimpute.methods.baselines.gain import Gain
from mirimpute.methods.baselines.gaussian_em import GaussianEm
from mirimpute.methods.baselines.hot_deck import HotDeck
from mirimpute.methods.baselines.hyper import Hyper
from mirimpute.methods.baselines.ice import Ice
from mirimpute.methods.baselines.knewimp import KnewImp
from mirimpute.methods.baselines.mean import Mean
from mirimpute.methods.baselines.mice import Mice
from mirimpute.methods.baselines.mirf_paper import MirfPaper
from mirimpute.methods.baselines.missdiff import MissDiff
from mirimpute.methods.baselines.missforest import MissForest
from mirimpute.methods.baselines.miwae import Miwae
from mirimpute.methods.baselines.remasker import ReMasker
from mirimpute.methods.baselines.sinkhorn import Sinkhorn
from mirimpute.methods.baselines.tabcsdi import TabCsdi
from mirimpute.methods.baselines.tdm import Tdm
from mirimpute.methods.chained import Chained
from mirimpute.methods.external.command import Command
from mirimpute.methods.external.knn import Knn
from mirimpute.methods.external.sklearn_iterative import SklearnIterative
from mirimpute.methods.external.statsmodels_mice import StatsmodelsMice
from mirimpute.methods.mirf.method import Mirf

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
    "diffputer": DiffPuter,
    "remasker": ReMasker,
    "cacti": Cacti,
    "tdm": Tdm,
    "miwae": Miwae,
    "mirf": Mirf,
    "chained": Chained,
    "mirf_paper": MirfPaper,
    "command": Command,
    "sklearn": SklearnIterative,
    "statsmodels": StatsmodelsMice,
}
"""Name to class; the last three wrap methods of libraries and programs, with a configuration file for each method."""
