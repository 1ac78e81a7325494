"""The wrapped library where it is absent, of another version, or lacks something."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest

from mirimpute.errors import NotInstalledError, UserError
from mirimpute.methods.external import hyperimpute_versions
from mirimpute.methods.external.hyperimpute import Hyperimpute

from .plugins import impute, make_problem, needs_library


@pytest.mark.parametrize(
    ("plugin", "package", "found", "reason"),
    [
        ("ice", "pandas", "3.0.1", r"needs pandas below 3\.0, found 3\.0\.1, .*mean imputation"),
        ("ice", "scikit-learn", "1.8.0", r"needs scikit-learn below 1\.8, found 1\.8\.0"),
        ("EM", "numpy", "2.1.0", r"needs numpy below 2\.1, found 2\.1\.0"),
        ("ice", "numpy", "2.1.0", ""),
        ("ice", "scikit-learn", "1.7.2", ""),
        ("ice", "hyperimpute", "0.1.18", r"needs hyperimpute 0\.1\.17, found 0\.1\.18"),
    ],
)
def test_versions_that_give_wrong_results_are_refused(
    plugin: str, package: str, found: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = {"hyperimpute": "0.1.17", "pandas": "2.3.3", "scikit-learn": "1.7.2", "numpy": "2.0.2"}
    monkeypatch.setattr(hyperimpute_versions, "version", {**good, package: found}.__getitem__)
    method = Hyperimpute(name=f"hyperimpute/{plugin}", plugin=plugin)
    if not reason:
        method.check()
        return
    with pytest.raises(UserError, match=f"{reason}.*mirimpute\\[hyperimpute\\]"):
        method.check()


def test_an_absent_library_names_the_extra(monkeypatch: pytest.MonkeyPatch, table: np.ndarray) -> None:
    def absent(package: str) -> str:
        raise PackageNotFoundError(package)

    monkeypatch.setattr(hyperimpute_versions, "version", absent)
    method = Hyperimpute(name="hyperimpute/ice", plugin="ice")
    for attempt in (method.check, lambda: method.fit(make_problem(table))):
        with pytest.raises(NotInstalledError, match=r'pip install "mirimpute\[hyperimpute\]"'):
            attempt()


@needs_library
def test_a_library_that_cannot_be_imported_names_the_extra(monkeypatch: pytest.MonkeyPatch, table: np.ndarray) -> None:
    from mirimpute.methods.external import hyperimpute_library

    monkeypatch.setattr(hyperimpute_library, "_imputers", None)
    monkeypatch.setattr(hyperimpute_library, "_import_fault", "No module named 'redis'")
    with pytest.raises(NotInstalledError, match=r"No module named 'redis'.*mirimpute\[hyperimpute\]"):
        impute("ice", make_problem(table))


@needs_library
def test_a_plugin_that_cannot_be_loaded_says_why(monkeypatch: pytest.MonkeyPatch, table: np.ndarray) -> None:
    monkeypatch.setitem(sys.modules, "miracle", None)
    with pytest.raises(NotInstalledError, match=r"'hyperimpute/miracle' cannot be loaded \(load failed: .*miracle"):
        impute("miracle", make_problem(table))


def test_an_unknown_plugin_lists_the_nearest() -> None:
    with pytest.raises(UserError, match="unknown hyperimpute plugin 'sinkhor': did you mean 'sinkhorn'"):
        Hyperimpute(plugin="sinkhor").check()


def test_the_method_is_listed_without_its_libraries() -> None:
    code = (
        "import sys, mirimpute.methods.external.hyperimpute, mirimpute.methods.external.knn, mirimpute.methods.sanity;"
        "print([m for m in ('torch', 'sklearn', 'hyperimpute') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@needs_library
def test_importing_the_library_leaves_the_number_of_threads_alone() -> None:
    code = (
        "import os; os.environ.pop('MKL_NUM_THREADS', None); os.environ['OMP_NUM_THREADS'] = '3';"
        "import mirimpute.methods.external.hyperimpute_library, sys, threading;"
        "print('hyperimpute' in sys.modules, os.environ.get('MKL_NUM_THREADS'), os.environ['OMP_NUM_THREADS'],"
        "[t.name for t in threading.enumerate() if 'loguru' in t.name])"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output == "True None 3 []\n"


@needs_library
def test_a_device_that_is_not_there_is_refused(table: np.ndarray) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(UserError, match="device='cuda' is not available"):
        impute("mean", make_problem(table, device="cuda"))
