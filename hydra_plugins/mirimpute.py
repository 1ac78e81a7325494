"""Where Hydra looks for plugins (a namespace package, so no ``__init__``); what they do is in
`mirimpute.bench.sweeps`.
"""

import contextlib
from importlib import import_module

from mirimpute.bench.sweeps import dask_launcher, local, slurm, sweeper

with contextlib.suppress(ImportError):  # without the extra `cluster`
    import_module("mirimpute.bench.sweeps.slurm_conf")


class CellSweeper(sweeper.CellSweeper):
    """``hydra/sweeper=cells``."""


class LocalLauncher(local.LocalLauncher):
    """``hydra/launcher=local``."""


class DaskLauncher(dask_launcher.DaskLauncher):
    """``hydra/launcher=dask``."""


class SlurmLauncher(slurm.SlurmLauncher):
    """``hydra/launcher=slurm`` and ``slurm_local``."""
