"""Commands as tests run them, in their own process."""

from __future__ import annotations

import pytest


def bench(*arguments: str) -> int:
    """Run `mirimpute-bench` and return its exit code."""
    from mirimpute.cli.bench import main

    with pytest.raises(SystemExit) as ended:
        main([*arguments])
    return int(ended.value.code or 0)
