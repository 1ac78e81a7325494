"""What every cell of a sweep needs: imported once, in the process from which all workers are forked.

The modules are named as strings, because a linter would delete imports that nothing in this file uses.
"""

from importlib import import_module

from mirimpute.metrics.w2 import import_pot

for _name in (
    *("hydra._internal.config_loader_impl", "hydra.core.override_parser.overrides_parser"),
    *("scipy.spatial.distance", "scipy.special", "scipy.stats", "sklearn.ensemble"),
    *("pyarrow.pandas_compat", "pyarrow.vendored.version"),
    *("mirimpute.bench.cell", "mirimpute.bench.sweeps.runner", "mirimpute.bench.sweeps.schema"),
    *("mirimpute.metrics.by_column", "mirimpute.metrics.evaluation", "mirimpute.metrics.registry"),
):
    import_module(_name)
import_pot()
