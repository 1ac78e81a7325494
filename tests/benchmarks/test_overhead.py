"""The overhead benchmark, on a small table."""

from benchmarks import overhead


def test_it_prints_a_line_for_each_kind_of_table(capsys):
    assert overhead.main(["--rows", "500", "--columns", "3", "--repeats", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["array", "DataFrame"]
    assert all("500 x 3" in line for line in lines)
