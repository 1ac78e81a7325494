"""What a configuration refuses without data."""

from dataclasses import replace

import pytest

from mirimpute.amputation.mcar import Mcar
from mirimpute.bench.config import CellConfig, Protocol
from mirimpute.datasets.bundled import Bundled
from mirimpute.errors import UserError
from mirimpute.methods.baselines.ice import Ice

CONFIG = CellConfig(Bundled(name="iris", id="iris"), Mcar(name="mcar"), Ice(), Protocol())


def test_the_defaults_have_a_meaning():
    CONFIG.check()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"missing_rate": 0.0}, r"missing_rate=0.0 is outside \(0, 1\)"),
        ({"missing_rate": float("nan")}, "missing_rate=nan is no finite number"),
        ({"seed": -1}, "seed=-1 is negative"),
        ({"timeout_s": 0.0}, "timeout_s=0.0 leaves no time"),
        ({"resume": "yes"}, "resume='yes' is unknown: give true, false or failed"),
        ({"memory_mb": -1.0}, "memory_mb=-1.0 leaves no memory"),
        ({"threads": 0}, "threads=0 cannot compute"),
        ({"device": "tpu"}, "device='tpu' is unknown"),
        ({"method": Ice(name="")}, "method.name='' labels nothing"),
        ({"protocol": Protocol(metrics=["rmsee"])}, "unknown metric 'rmsee'"),
        ({"protocol": Protocol(metrics=[])}, "protocol.metrics is empty"),
        ({"protocol": Protocol(max_rows_scored=0)}, "max_rows_scored=0 compares nothing"),
    ],
)
def test_values_without_a_meaning_are_refused(change, message):
    with pytest.raises(UserError, match=message):
        replace(CONFIG, **change).check()
