from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

from mirimpute.bench.conf_location import conf_dir, descriptions
from mirimpute.bench.dataset_catalog import named_dataset, options_to_give
from mirimpute.datasets.base import Dataset
from mirimpute.datasets.files import File
from mirimpute.datasets.openml_source import OpenML
from mirimpute.datasets.registry import DATASETS
from mirimpute.datasets.uci import SHA256
from mirimpute.errors import MirimputeWarning, UserError
from mirimpute.table.columns import Kind

KEPT = {6, 31, 61, 3, 1489, 1590, 40945, 42585, 44977}
"""OpenML's numbers of the tables that the tests have; of the others only the names are tested."""

NAMES = sorted(descriptions("dataset"))
COMPLETE = [name for name in NAMES if not options_to_give(name)]


def composed(*overrides: str) -> object:
    for key, kind in DATASETS.items():
        ConfigStore.instance().store(group="dataset", name=f"base_{key}", node=kind)
    ConfigStore.instance().store(name="only_a_dataset", node={"defaults": ["_self_", {"dataset": "breast_cancer"}]})
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        return OmegaConf.to_object(compose("only_a_dataset", overrides=list(overrides)).dataset)


@pytest.mark.parametrize("name", NAMES)
def test_every_dataset_introduces_itself(name: str) -> None:
    assert len(descriptions("dataset")[name]) > 15


@pytest.mark.parametrize("name", COMPLETE)
def test_hydra_composes_what_the_catalog_gives(name: str) -> None:
    dataset = named_dataset(name)
    assert composed(f"dataset={name}") == dataset
    assert dataset.name == name


def test_hydra_composes_files_and_numbers_with_their_default_names() -> None:
    assert composed("dataset=file", "dataset.path=some/table.csv") == File(name="table", path="some/table.csv")
    assert composed("dataset=openml", "dataset.id=61") == OpenML(name="openml/61", id=61)


@pytest.mark.parametrize(("name", "fix"), [("file", "dataset.path=my.csv"), ("openml", "dataset.id=61")])
def test_hydra_leaves_the_absent_option_to_the_dataset_which_says_what_to_give(name: str, fix: str) -> None:
    dataset = composed(f"dataset={name}")
    assert isinstance(dataset, Dataset)
    assert not dataset.is_present(Path())
    with pytest.raises(UserError, match=fix):
        dataset.load(Path())


def test_the_datasets_of_the_paper_and_the_design_have_names() -> None:
    assert {f"uci/{id}" for id in SHA256} <= set(NAMES)
    numbers = {dataset.id for dataset in map(named_dataset, COMPLETE) if isinstance(dataset, OpenML)}
    assert numbers == KEPT | set(of_others())


def of_others() -> dict[int, str]:
    """OpenML's number and our name of each table on the page of other people's tables, which has two sources for it."""
    page = (Path(__file__).parents[2] / "docs/datasets.md").read_text(encoding="utf-8")
    return {int(number): name for name, number in re.findall(r"^\| `(openml/\w+)` \| (\d+) \|", page, re.MULTILINE)}


def test_tables_of_others_have_the_number_that_two_sources_say() -> None:
    assert len(of_others()) >= 10
    for number, name in of_others().items():
        dataset = named_dataset(name)
        assert isinstance(dataset, OpenML)
        assert dataset.id == number


def test_openml_by_number() -> None:
    assert named_dataset("openml/31") == OpenML(name="openml/31", id=31)


@pytest.mark.parametrize("name", ["breast_cancr", "uci/../iris", "../dataset/iris", "openml/0", "openml/x", ""])
def test_unknown_names(name: str) -> None:
    with pytest.raises(UserError, match=r"unknown dataset .* valid: adult, breast_cancer"):
        named_dataset(name)


@pytest.mark.parametrize(("name", "option"), [("file", "dataset.path"), ("openml", "dataset.id")])
def test_names_that_need_an_option(name: str, option: str) -> None:
    assert options_to_give(name) == [option]
    with pytest.raises(UserError, match=f"'{name}' .* it needs {option}"):
        named_dataset(name)


def check_stated_size(name: str, data_dir: Path) -> None:
    pattern = r"\(([\d,]+) rows, (\d+) numeric(?: and (\d+) categorical)? columns\)$"
    stated = re.search(pattern, descriptions("dataset")[name])
    assert stated is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MirimputeWarning)
        table = named_dataset(name).load(data_dir)
    categorical = sum(column.kind is Kind.CATEGORICAL for column in table.columns)
    assert categorical == int(stated[3] or 0)
    assert table.values.shape == (int(stated[1].replace(",", "")), int(stated[2]) + categorical)


@pytest.mark.parametrize("name", [n for n in COMPLETE if named_dataset(n).origin in ("scikit-learn", "synthetic")])
def test_stated_sizes_of_embedded_tables(name: str, tmp_path: Path, no_sockets: None) -> None:
    assert named_dataset(name).is_present(tmp_path)
    check_stated_size(name, tmp_path)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", [n for n in COMPLETE if named_dataset(n).origin not in ("scikit-learn", "synthetic")])
def test_stated_sizes_of_downloaded_tables(name: str, shared_data_dir: Path, no_sockets: None) -> None:
    dataset = named_dataset(name)
    if isinstance(dataset, OpenML) and dataset.id not in KEPT and not dataset.is_present(shared_data_dir):
        pytest.skip(f"{name} is not among the tables in MIRIMPUTE_DATA_DIR")
    assert dataset.is_present(shared_data_dir)
    check_stated_size(name, shared_data_dir)
