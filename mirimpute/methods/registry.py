"""The methods by name; each is a base of the configuration group `method` (``base_<key>``)."""

from __future__ import annotations

from mirimpute.methods.base import Method
from mirimpute.methods.external.hyperimpute import Hyperimpute
from mirimpute.methods.external.knn import Knn
from mirimpute.methods.gain import Gain
from mirimpute.methods.hot_deck import HotDeck
from mirimpute.methods.ice import Ice
from mirimpute.methods.knewimp import KnewImp
from mirimpute.methods.mean import Mean
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
    "ice": Ice,
    "knn": Knn,
    "missforest": MissForest,
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
}
"""Name to class; ``hyperimpute`` wraps all plugins of that library, one configuration file each."""
