"""Each file of ``csv/`` that once was read wrongly, with what is right of it."""

import bz2
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import mirimpute
from mirimpute.cli.impute import main
from mirimpute.datasets.files import File
from mirimpute.errors import DataError, MirimputeWarning, UserError
from mirimpute.table.columns import Kind

CSV = Path(__file__).parent / "csv"
LAST = rb"(\d\d\.\d\d,)(?=[\r\n])"
"""A hole at the end of a line."""
INNER = rb"(\d\d\.\d\d,)(?=,)"
MEAN = rb"\g<1>102.9"


def impute(name, tmp_path, *options, method="mean"):
    """Return the exit code, and the path of what was written."""
    target = tmp_path / f"done_{name}"
    return main([str(CSV / name), "-o", str(target), "--method", method, *options]), target


def unpacked(path):
    content = path.read_bytes()
    return bz2.decompress(content) if path.suffix == ".bz2" else content


@pytest.mark.filterwarnings("ignore::mirimpute.errors.MirimputeWarning")
@pytest.mark.parametrize(
    ("name", "hole", "filled", "count"),
    [
        ("plain.csv", LAST, MEAN, 7),
        ("PLAIN_UPPER.CSV", LAST, MEAN, 7),
        ("plain.csv.bz2", LAST, MEAN, 7),
        ("bom.csv", LAST, MEAN, 7),
        ("cr.csv", LAST, MEAN, 7),
        ("comment.csv", LAST, MEAN, 7),
        ("comment_comma.csv", LAST, MEAN, 7),
        ("title_blank.csv", LAST, MEAN, 7),
        ("title_commas.csv", LAST, MEAN, 7),
        ("title_spaces.csv", LAST, MEAN, 7),
        ("ws_last_line.csv", LAST, MEAN, 7),
        ("ws_mid_line.csv", LAST, MEAN, 7),
        ("tab_last_line.csv", LAST, MEAN, 7),
        ("long_blank_row.csv", LAST, MEAN, 7),
        ("names_odd.csv", LAST, MEAN, 7),
        ("index_csv.csv", LAST, MEAN, 7),
        ("short_blank_row.csv", INNER, MEAN, 7),
        ("crlf_in_quote.csv", INNER, MEAN, 7),
        ("quoted_space.csv", INNER, MEAN, 7),
        ("longtext.csv", INNER, MEAN, 7),
        ("trail_na.csv", rb"()NA(?= ,1 )", MEAN, 7),
        ("tsv.csv", rb"(\d\d\.\d\d\t)(?=\n)", MEAN, 7),
        ("semicolon.csv", rb"(\d\d,\d\d;)(?=\n)", MEAN, 7),
        ("semicolon_comma_header.csv", rb"(\d\d,\d\d;)(?=\n)", MEAN, 7),
        ("onecol_na.csv", rb"()NA(?=\n)", MEAN, 7),
        ("onecol.csv", rb"(\n)(?=\n)", MEAN, 7),
        ("m_ws.csv", rb"(\n5,)(?=\n)", rb"\g<1>13.84", 1),
        ("m_short.csv", rb"(\n5,)(?=,3\n)", rb"\g<1>13.84", 1),
        ("m_long.csv", rb"(\n)(?=,y)", rb"\g<1>2", 1),
    ],
)
def test_holes_are_filled_and_all_else_keeps_its_bytes(name, hole, filled, count, tmp_path, capsys):
    code, target = impute(name, tmp_path)
    assert code == 0
    assert capsys.readouterr().out.startswith(f"{count} cell{'s' * (count > 1)} filled")
    expected, found = re.subn(hole, filled, unpacked(CSV / name))
    assert found == count
    assert unpacked(target) == expected


def test_text_in_quotes_is_filled_with_quotes(tmp_path):
    code, target = impute("comma_cat.csv", tmp_path)
    assert code == 0
    expected = re.sub(INNER, MEAN, (CSV / "comma_cat.csv").read_bytes())
    expected = re.sub(rb"(,\d+\.\d,)(?=\n)", rb'\g<1>"Berlin, DE"', expected)
    assert target.read_bytes() == expected


def test_encodings_are_kept(tmp_path, capsys):
    code, target = impute("utf16.csv", tmp_path)
    assert code == 0
    source = (CSV / "utf16.csv").read_bytes().decode("utf-16").encode()
    assert target.read_bytes() == b"\xff\xfe" + re.sub(LAST, MEAN, source).decode().encode("utf-16-le")
    assert impute("latin1.csv", tmp_path)[0] == 2
    assert "byte 0xf6 in line 1" in (said := capsys.readouterr().err)
    assert "--encoding latin-1" in said
    code, target = impute("latin1.csv", tmp_path, "--encoding", "latin-1")
    assert code == 0
    assert target.read_bytes() == re.sub(LAST, MEAN, (CSV / "latin1.csv").read_bytes())
    assert impute("plain.csv", tmp_path, "--encoding", "latin-one")[0] == 2


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r", b"mixed"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("suffix", ["", ".gz", ".bz2", ".xz"])
def test_line_ends_are_kept(ends, last, suffix, tmp_path):
    import gzip
    import lzma

    lines = [b"a,b", b" 1 ,2", b"3, ", b'"5",6', b"", b"7,\t8"]
    each = [b"\r\n", b"\n", b"\r\n", b"\r", b"\n"] if ends == b"mixed" else [ends] * 5
    text = b"".join(map(b"".join, zip(lines, [*each, ends if last and ends != b"mixed" else b""], strict=True)))
    module = {"": None, ".gz": gzip, ".bz2": bz2, ".xz": lzma}[suffix]
    source, target = tmp_path / f"a.csv{suffix}", tmp_path / f"b.csv{suffix}"
    source.write_bytes(module.compress(text) if module else text)
    assert main([str(source), "-o", str(target), "--method", "mean"]) == 0
    written = target.read_bytes()
    assert (module.decompress(written) if module else written) == text.replace(b"3, ", b"3, 5")


@pytest.mark.parametrize(
    ("name", "filled"),
    [
        ("epoch_s_float.csv", r"1640995205\.\d{3}"),
        ("epoch_ms_float.csv", r"16409952\d{5}\.\d{2}"),
        ("lat.csv", r"40\.7127761\d{8}"),
        ("pmm_digits.csv", r"1235\d\d\.\d{9}"),
        ("m_digits.csv", r"1640995201\.92"),
        ("twodec_whole.csv", r"\d+\.00"),
        ("plus.csv", r"\+\d+\.\d"),
        ("huge.csv", r"\d\.\d{6}e\+306"),
        ("tiny.csv", r"1\.017e-320"),
        ("offset.csv", r"40000000000000\d\d"),
        ("negzero.csv", r"65\.4"),
        ("iso_z.csv", r"2021-06-\d\dT\d\d:00:00Z"),
        ("iso_ms.csv", r"2021-06-30 \d\d:\d\d:\d\d\.\d{3}"),
        ("validto.csv", r"-0\.06468389973933922"),
    ],
)
def test_a_column_is_filled_with_the_digits_that_it_has(name, filled, tmp_path, capsys):
    code, target = impute(name, tmp_path)
    assert code == 0
    before, after = ((CSV / name).read_text().splitlines(), target.read_text().splitlines())
    new = [b.split(",")[1] for a, b in zip(before, after, strict=True) if a != b]
    assert new
    assert all(re.fullmatch(filled, each) for each in new), new


@pytest.mark.parametrize(
    "name", ["epoch_s_float", "epoch_ms_float", "lat", "pmm_digits", "plus", "twodec_whole", "tiny"]
)
def test_a_donor_comes_back_as_it_is_written(name, tmp_path):
    code, target = impute(f"{name}.csv", tmp_path, method="hot_deck")
    assert code == 0
    observed = {line.split(",")[1] for line in (CSV / f"{name}.csv").read_text().splitlines()}
    assert {line.split(",")[1] for line in target.read_text().splitlines()} == observed - {""}


def test_whole_numbers_of_nineteen_digits_come_back_exactly(tmp_path):
    source, target = tmp_path / "a.csv", tmp_path / "b.csv"
    source.write_text(
        "a,when\n" + "".join(f"{k},{1640995205251000123 + 10**9 * k if k % 5 else ''}\n" for k in range(30))
    )
    assert main([str(source), "-o", str(target), "--method", "hot_deck"]) == 0
    written = [line.split(",")[1] for line in target.read_text().splitlines()[1:]]
    assert set(written) == {str(1640995205251000123 + 10**9 * k) for k in range(30) if k % 5}


@pytest.mark.parametrize(
    ("name", "options", "filled"),
    [
        ("dash", ["--na", "-"], r"\d+\.\d"),
        ("dot", ["--na", "."], r"\d+\.\d"),
        ("excel_errors", ["--na", "#DIV/0!", "--na", "#N/A"], r"\d+\.\d"),
        ("lod", ["--na", "<0.3"], r"\d\.\d\d"),
        ("sentinel", ["--na", "-999"], r"\d+\.\d"),
        ("thousands", ["--thousands", ","], r'"\d,\d{3}"'),
        ("thousands_some", ["--thousands", ","], r'"\d,\d{3}"'),
        ("underscore", ["--thousands", "_"], r"1_\d{3}"),
        ("eurodec", ["--decimal", ","], r'"\d+,\d\d"'),
        ("survey19", ["--kind", "ans=categorical"], "1|9"),
        ("codes137", ["--kind", "region=categorical"], "1|3|7"),
    ],
)
def test_options_read_what_is_meant(name, options, filled, tmp_path):
    code, target = impute(f"{name}.csv", tmp_path, *options)
    assert code == 0
    before, after = ((CSV / f"{name}.csv").read_text().splitlines(), target.read_text().splitlines())
    pairs = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert len(pairs) >= 7
    assert all(re.fullmatch(filled, b.split(",", 1)[1]) for _, b in pairs), pairs
    assert all(a.split(",")[0] == b.split(",")[0] for a, b in pairs)


@pytest.mark.parametrize("option", ["", "none"])
def test_a_true_value_that_looks_like_a_marker_can_be_kept(option, tmp_path):
    code, target = impute("namibia.csv", tmp_path, "--na", option)
    assert code == 0
    assert target.read_bytes() == re.sub(INNER, MEAN, (CSV / "namibia.csv").read_bytes())
    table = File(path=str(CSV / "namibia.csv"), missing_markers=[]).load(Path())
    assert table.columns[2].categories == ("BW", "NA", "ZA")


def test_semicolons_and_decimal_commas_are_numbers():
    with pytest.warns(MirimputeWarning):
        frame = mirimpute.read_table(CSV / "semicolon.csv")
    plain = mirimpute.read_table(CSV / "plain.csv")
    np.testing.assert_array_equal(frame.to_numpy(), plain.to_numpy())
    asked = mirimpute.read_table(CSV / "plain.csv", sep="comma", decimal=".")
    np.testing.assert_array_equal(asked.to_numpy(), plain.to_numpy())


def test_dates_with_an_offset_and_fractions_of_a_second():
    table = File(path=str(CSV / "iso_z.csv")).load(Path())
    assert (table.columns[1].kind, table.columns[1].zone) == (Kind.DATETIME, "UTC")
    assert table.values[0, 1] == np.datetime64("2021-01-01T10:00:00").astype(int)
    table = File(path=str(CSV / "iso_ms.csv")).load(Path())
    assert table.values[0, 1] == pytest.approx(np.datetime64("2021-01-01T10:00:00").astype(int) + 0.123, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b;c\nx,y;z\nu,v;w\n", "--sep"),
        ("a,b\n1,2\n# note\n3,4\n", "line 3 .* --comment"),
        ("Lab, Berlin, 3\na,b\n1,2\n3,4\n", "line 2 .* has 2 cells where the first line has 3"),
        ("a,b\n1,\x002\n", "--encoding"),
    ],
)
def test_what_cannot_be_told_is_refused_and_names_the_option(text, words, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=words):
        File(path=str(path)).load(Path())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sep": "ab"}, "separator 'ab' is not possible"),
        ({"sep": '"'}, "is not possible"),
        ({"decimal": ";"}, "decimal=';'"),
        ({"thousands": "x"}, "thousands='x'"),
        ({"decimal": ",", "thousands": ","}, "both"),
        ({"encoding": "no"}, "unknown encoding 'no'"),
        ({"seperator": ";"}, "did you mean 'sep'"),
    ],
)
def test_options_that_are_not_possible(options, words):
    with pytest.raises(UserError, match=words):
        mirimpute.read_table(CSV / "plain.csv", **options)


def test_comments_and_quotes_inside_of_a_table(tmp_path):
    source, target = tmp_path / "a.csv", tmp_path / "b.csv"
    text = 'pipe,b,note\n5" pipe,1,"a ""b"", c"\n# left, alone\n6" pipe,,x\n5" pipe,3,x\n'
    source.write_text(text)
    assert main([str(source), "-o", str(target), "--method", "mean", "--comment", "#"]) == 0
    assert target.read_text() == text.replace('6" pipe,,x', '6" pipe,2,x')


def test_what_is_written_is_what_was_read(tmp_path):
    from mirimpute.table.reading import content_of
    from mirimpute.table.writing import write_completed

    path = tmp_path / "a.csv"
    shutil.copy(CSV / "plain.csv", path)
    source = File(path=str(path))
    table, content, before = source.load(Path()), content_of(source.file), path.read_bytes()
    path.write_text("another,file\n1,2\n")
    write_completed(content, table, np.nan_to_num(table.values), tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_bytes() == before.replace(b",\n", b",0.0\n")
