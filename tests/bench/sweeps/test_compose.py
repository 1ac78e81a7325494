"""Composing a sweep's cells from what was composed before gives what Hydra gives."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from mirimpute.bench.conf_location import conf_dir
from mirimpute.bench.sweeps.compose import Composer
from mirimpute.bench.sweeps.schema import cell_config, register_schema
from mirimpute.errors import UserError


@pytest.fixture(scope="module")
def parts() -> Any:
    """Yield Hydra's loader and a master configuration."""
    register_schema()
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        master = compose("config", overrides=["hydra.mode=MULTIRUN", "threads=1"], return_hydra_config=True)
        yield GlobalHydra.instance().config_loader(), master


@pytest.mark.parametrize(
    "overrides",
    [
        ["seed=3"],
        ["method=mean", "seed=3", "missing_rate=0.5"],
        ["method=mirf", "method.rounds=3", "method.name=mirf_3", "dataset=uci/wine", "mechanism=mar"],
        ["protocol.metrics=[rmse,w2]", "method=ice", "timeout_s=null"],
        ["experiment=toy_2d", "dataset.n_rows=60"],
        ["dataset=file", "dataset.path='a b,c.csv'"],
    ],
)
def test_the_same_as_hydra_and_no_trace_of_earlier_cells(parts: Any, overrides: list[str]) -> None:
    loader, master = parts
    composer = pickle.loads(pickle.dumps(Composer(loader, master)))
    composer.compose(["seed=9", "missing_rate=0.9"])
    for _ in range(2):
        expected = loader.load_sweep_config(master, overrides)
        OmegaConf.set_struct(expected, False)
        del expected["hydra"]
        found = composer.compose(overrides)
        assert OmegaConf.to_yaml(found, resolve=True) == OmegaConf.to_yaml(expected, resolve=True)
        assert cell_config(found) == cell_config(expected)
        composer.compose([*overrides[:-1], "seed=7"])


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["seed=many"], "seed=many"),
        (["method=mean", "method.rounds=3"], "unknown key of method 'rounds'"),
        (["sed=3"], "unknown key 'sed'"),
        (["method=mea"], "unknown method 'mea'"),
    ],
)
def test_what_does_not_fit_is_said_as_always(parts: Any, overrides: list[str], words: str) -> None:
    with pytest.raises(UserError, match=words):
        Composer(*parts).compose(overrides)
