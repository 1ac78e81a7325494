"""Every mechanism has a configuration that Hydra composes into its dataclass."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.errors import ConfigCompositionException
from omegaconf import OmegaConf

from mirimpute.amputation import MECHANISMS, MnarQuantile

CONF = Path(__file__).parents[2] / "conf"


def composed(name, *overrides):
    for key, mechanism in MECHANISMS.items():
        ConfigStore.instance().store(group="mechanism", name=f"base_{key}", node=mechanism)
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return OmegaConf.to_object(compose(f"mechanism/{name}", overrides=list(overrides)).mechanism)


def test_one_file_per_mechanism():
    files = {path.stem for path in (CONF / "mechanism").glob("*.yaml")}
    assert files - {"custom"} == set(MECHANISMS)  # custom stands for a class outside the package


@pytest.mark.parametrize("name", sorted(MECHANISMS))
def test_file_describes_and_composes(name):
    first_line = (CONF / "mechanism" / f"{name}.yaml").read_text().splitlines()[0]
    assert first_line.startswith("# ")
    assert first_line.endswith(".")
    assert composed(name) == MECHANISMS[name](name=name)


def test_parameters_are_checked():
    assert composed("mnar_quantile", "mechanism.quantile=0.4") == MnarQuantile(name="mnar_quantile", quantile=0.4)
    with pytest.raises(ConfigCompositionException, match="quantil"):
        composed("mnar_quantile", "mechanism.quantil=0.4")
    with pytest.raises(ConfigCompositionException, match="quantile"):
        composed("mnar_quantile", "mechanism.quantile=wide")
