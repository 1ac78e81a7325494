"""Where Hydra looks for plugins (a namespace package, so no ``__init__``); what they do is in `mirimpute.sweeps`."""

import contextlib

from mirimpute.sweeps import local, slurm, sweeper

with contextlib.suppress(ImportError):  # without the extra `cluster`
    pass


class CellSweeper(sweeper.CellSweeper):
    """``hydra/sweeper=cells``."""


class LocalLauncher(local.LocalLauncher):
    """``hydra/launcher=local``."""


class SlurmLauncher(slurm.SlurmLauncher):
    """``hydra/launcher=slurm`` and ``slurm_local``."""
