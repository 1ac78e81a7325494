"""What a file may mean otherwise is told with column, first value and the option; what can be read is read."""

import re

import numpy as np
import pandas as pd
import pytest

import mirimpute
from mirimpute.cli.impute import main
from mirimpute.errors import DataError, MirimputeWarning
from mirimpute.table.table import table_from_frame
from tests.commands import read_as_commands_do

ROWS = range(60)
CATEGORIES = [("x", "y", "y", "z")[k % 4] for k in ROWS]
DAYS = [str(np.datetime64("2020-01-01") + 7 * k) for k in ROWS]


def file_of(tmp_path, cells, separator=","):
    """Return a file of a and b; b has an empty cell in every fifth row."""
    path = tmp_path / "in.csv"
    lines = [f"{k % 7}{separator}{'' if k % 5 == 0 else cells[k]}\n" for k in ROWS]
    path.write_text(f"a{separator}b\n{''.join(lines)}")
    return path


def filled(path, *options):
    """Return the cells of b that a command wrote, of rows where there was none."""
    target = path.with_name("out.csv")
    assert main([str(path), "-o", str(target), "--method", "hot_deck", "--force", *options]) == 0
    return [line[2:] for line in target.read_text().splitlines()[1:]][::5]


def told(path, **options):
    with pytest.warns(MirimputeWarning) as said:
        read_as_commands_do(path, **options)
    return " ".join(str(each.message) for each in said)


@pytest.mark.parametrize(
    ("mark", "option"),
    [
        *[(word, f"--na {word} ") for word in ("n/a", "na", "-", ".", "unknown", "Missing", "NaT", "n.d.")],
        ("<NA>", "--na '<NA>'"),
        ("#DIV/0!", "--na '#DIV/0!'"),
        ("\\N", r"--na '\N'"),
        ("--", "--na=--"),
        ("none", "--na ' none'"),  # none alone: no usual markers
    ],
)
def test_words_for_missing_values_among_categories(mark, option, tmp_path):
    path = file_of(tmp_path, [mark if k % 3 == 1 else each for k, each in enumerate(CATEGORIES)])
    assert option in (said := told(path))
    assert "16 of 48 values" in said
    assert "--kind b=categorical" in said
    assert mark not in filled(path, f"--na= {mark}")
    frame = pd.DataFrame({"a": ROWS, "b": [None, *([*CATEGORIES[1:-1], mark])]})
    with pytest.warns(MirimputeWarning, match="1 of 59 values is"):
        mirimpute.MirfImputer(preset="mirf_fast", parameters={"steps": 2, "rounds": 1, "final_steps": 2}).fit(frame)


@pytest.mark.parametrize("kind", ["categorical", "text"])
def test_a_kind_that_was_asked_for_is_not_doubted(kind, recwarn):
    frame = pd.DataFrame({"a": ROWS, "b": ["unknown", *CATEGORIES[1:]]})
    table_from_frame(frame, "t", {"b": kind}, from_text=True)
    mirimpute.MirfImputer(preset="mirf_fast", parameters={"steps": 2, "rounds": 1, "final_steps": 2}).fit(
        frame.assign(b=frame["b"].astype("category"))
    )
    assert not [str(each.message) for each in recwarn if "unknown" in str(each.message)]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([f"1\u00a0{k:03d}" for k in ROWS], "--thousands ' '"),
        ([f"1\u202f{k:03d}" for k in ROWS], "--thousands ' '"),
        ([f"1\u2009{k:03d}" for k in ROWS], "--thousands ' '"),
        ([f"\u2212{k}.5" if k % 2 else f"{k}.5" for k in ROWS], "U+2212, the first is '\u22121.5'"),
        ([f"({k}.50)" if k % 2 else f"{k}.50" for k in ROWS], "parentheses, the first is '(1.50)'"),
        ([f"{k}.50-" if k % 2 else f"{k}.50" for k in ROWS], "sign behind, the first is '1.50-'"),
        ([f"{k}:{k}:{k}:{k}" for k in ROWS], "'1:1:1:1'"),
        (["0000-00-00" if k % 3 == 1 else each for k, each in enumerate(DAYS)], "--na 0000-00-00"),
        (["31/12/2020" if k == 7 else each for k, each in enumerate(DAYS)], "the first is '31/12/2020'"),
        (
            [f"{each}T10:00:00+0{1 + k % 2}:00" for k, each in enumerate(DAYS)],
            "+02:00' and '2020-01-15T10:00:00+01:00'",
        ),
        ([each + " 10:00" * (k % 2) for k, each in enumerate(DAYS)], "'2020-01-08 10:00' and '2020-01-15'"),
        ([each.replace("-", "") for each in DAYS], "such as 20200108"),
        ([each.replace("-", "") + "103000" for each in DAYS], "such as 20200108103000"),
        (['" bad"' if k == 7 else f"{k}.5" for k in ROWS], "--na ' bad'"),
    ],
)
def test_columns_that_nearly_are_numbers_or_dates(cells, words, tmp_path):
    said = told(file_of(tmp_path, cells))
    assert words in said
    assert "--kind b=text" in said


def test_dates_that_cannot_be_name_the_culprit():
    with pytest.raises(DataError, match="not datetime, it holds '0000-00-00'"):
        table_from_frame(pd.DataFrame({"a": ROWS, "d": [*DAYS[:-1], "0000-00-00"]}), "t", {"d": "datetime"})
    numbers = [np.nan, *(float(each.replace("-", "")) for each in DAYS[1:])]
    imputer = mirimpute.MirfImputer(preset="mirf_fast", parameters={"steps": 2, "rounds": 1, "final_steps": 2})
    with pytest.warns(MirimputeWarning, match=r"pd\.to_datetime"):
        imputer.fit(pd.DataFrame({"a": np.arange(60.0), "d": numbers}))


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u202f", "\u2009"])
def test_any_blank_may_stand_between_thousands(blank, tmp_path):
    path = file_of(tmp_path, [f"1{blank}{k % 7:03d}" for k in ROWS])
    assert set(filled(path, "--thousands", " ")) <= {f"1{blank}{k:03d}" for k in range(7)}


def test_a_zero_before_a_comma_makes_decimals(tmp_path):
    path = file_of(tmp_path, [f"0,{100 + k}" for k in ROWS], ";")
    assert "decimal commas" in told(path)
    assert 0.1 < float(filled(path)[0].replace(",", ".")) < 0.16
    path = file_of(tmp_path, [f'"0,{100 + k}"' for k in ROWS])
    assert "--decimal , (dataset.decimal) reads them" in told(path)
    with pytest.warns(MirimputeWarning):
        read = mirimpute.read_table(path, thousands=",")["b"]
    assert not pd.api.types.is_numeric_dtype(read)  # no 0,512 is 512


@pytest.mark.parametrize(
    ("cells", "form"),
    [
        ([f"{10 + k % 7}e5" for k in ROWS], r"\d\.\d+e6"),
        ([f"{10 + k % 7}.25E3" for k in ROWS], r"\d\.\d{3}E4"),
        ([repr(float((k + 1) * (1e-5 if k % 2 else 1) / 7)) for k in ROWS], r"[\d.e-]{3,20}"),
        ([f"{k / 7e5:.20f}" for k in ROWS], r"0\.0000\d{15,16}"),
    ],
)
def test_a_mean_has_the_digits_of_its_column(cells, form, tmp_path):
    path = file_of(tmp_path, cells)
    target = tmp_path / "out.csv"
    assert main([str(path), "-o", str(target), "--method", "mean", "--kind", "b=continuous"]) == 0  # no multiples
    new = target.read_text().splitlines()[1][2:]
    assert re.fullmatch(form, new), new
    assert len(re.sub(r"e.*|\D", "", new).lstrip("0")) <= 17
    assert float(new) == pytest.approx(np.mean([float(each) for k, each in enumerate(cells) if k % 5]), rel=1e-2)


@pytest.mark.parametrize(
    ("hole", "cell", "result"),
    [
        ("   ", "x", "x"),
        ("   ", " x", " x"),
        ('"   "', '"x"', '"x"'),
        ("\t", "x", "x"),
        ("   ", "2020-01-01", "2020-01-01"),
    ],
)
def test_a_blank_cell_is_replaced_as_a_whole(hole, cell, result, tmp_path):
    path = file_of(tmp_path, [hole if k % 5 == 1 else cell for k in ROWS])
    target = tmp_path / "out.csv"
    assert main([str(path), "-o", str(target), "--method", "hot_deck"]) == 0
    assert target.read_text().splitlines()[1:] == [f"{k % 7},{result}" for k in ROWS]


@pytest.mark.parametrize(
    ("header", "end", "words"), [("a,b,", "", None), ("a,b", ",", "column 3"), ("a,b,", ",", "column 3")]
)
@pytest.mark.filterwarnings("ignore::mirimpute.errors.MirimputeWarning")
def test_a_separator_at_the_end_of_lines(header, end, words, tmp_path, capsys):
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f"{header}\n1,2{end}\n,4{end}\n3,6{end}\n")
    assert main([str(source), "-o", str(target), "--method", "mean"]) == 0
    assert target.read_text() == f"{header}\n1,2{end}\n2,4{end}\n3,6{end}\n"
    assert ("column 3" in capsys.readouterr().err) == (words is not None)
