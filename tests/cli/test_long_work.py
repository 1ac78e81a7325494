"""What stays when long work is interrupted."""

import numpy as np
import pytest

from mirimpute.cli.exits import INTERRUPTED, exit_code
from mirimpute.cli.long_work import write_each
from mirimpute.table.file_format import TableFile
from mirimpute.table.reading import content_of, frame_of, table_of_file


@pytest.mark.parametrize("whole", [0, 1, 3])
def test_finished_tables_stay_and_are_named(tmp_path, capsys, whole):
    source = tmp_path / "a.csv"
    source.write_text("x,y\n1,2\n,4\n5,6\n3,\n")
    file = TableFile(str(source), {})
    content = content_of(file)
    table = table_of_file(frame_of(file, content), "a", {}, file.path)
    targets = [tmp_path / f"b{k}.csv" for k in range(5)]

    def tables():
        for k in range(whole):
            yield np.where(np.isnan(table.values), float(k), table.values)
        raise KeyboardInterrupt

    def work():
        write_each(content, table, tables(), targets, np.zeros(table.values.shape, dtype=bool))

    assert exit_code("program", work, "nothing was written") == INTERRUPTED
    said = capsys.readouterr().err
    assert [target.exists() for target in targets] == [k < whole for k in range(5)]
    if whole:
        assert f"{whole} of 5" in said
        assert targets[whole - 1].read_text().startswith("x,y\n1,2\n")
        assert str(targets[whole - 1]) in said
    else:
        assert "nothing was written" in said
