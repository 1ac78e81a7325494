"""Commands as tests run them, in their own process."""

from __future__ import annotations

from typing import Any

import pytest


def bench(*arguments: str) -> int:
    """Run `mirimpute-bench` and return its exit code."""
    from mirimpute.cli.bench import main

    with pytest.raises(SystemExit) as ended:
        main([*arguments])
    return int(ended.value.code or 0)


def read_as_commands_do(path: Any, **options: Any) -> None:
    """Read a file, with the sentences of the commands in warnings; options as `mirimpute.read_table` has them."""
    from mirimpute.table.file_format import TableFile
    from mirimpute.table.reading import frame_of, table_of_file, warn_of_ids_in

    frame = frame_of(TableFile(str(path), **options))
    warn_of_ids_in(frame, {})
    table_of_file(frame, "file", {}, str(path))
