"""What is told of the files of ``csv/``: what a column may be meant for, with the option that says so."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import mirimpute
from mirimpute.datasets.files import File
from mirimpute.errors import MirimputeWarning, UserError
from tests.commands import read_as_commands_do

CSV = Path(__file__).parent / "csv"


@pytest.mark.parametrize(
    ("name", "column", "value", "option"),
    [
        ("lod", "crp", "'<0.3'", "--na '<0.3'"),
        ("survey19", "ans", "1, 9", "--kind ans=categorical"),
        ("codes137", "region", "1, 3, 7", "--kind region=categorical"),
        ("sex12", "sex", "1, 2", "--kind sex=categorical"),
        ("thousands", "pay", "'2,024'", "--thousands ,"),
        ("thousands_some", "pay", "'1,876'", "--thousands ,"),
        ("underscore", "b", "'1_012'", "--thousands _"),
        ("eurodec", "price", "'101,21'", "--decimal ,"),
        ("semicolon", "'a'", "'51,26'", "--decimal ."),
        ("units", "w", "'101 kg'", "--kind w="),
        ("currency", "price", "'$2,024.11'", "--kind price="),
        ("dmy", "when", "'01/01/2021'", "--kind when="),
        ("ym", "when", "'2021-01'", "--kind when="),
        ("hhmm", "when", "'00:30'", "--kind when="),
        ("hex", "b", "'0x1'", "--kind b="),
        ("dash", "b", "'-'", "--na -"),
        ("dot", "b", "'.'", "--na ."),
        ("excel_errors", "b", "'#DIV/0!'", "--na '#DIV/0!'"),
        ("namibia", "country", "20 cells 'NA'", "--na none"),
        ("none_word", "allergy", "20 cells 'None'", "--na none"),
        ("zip_mixed", "zip", "'90210-1234'", "--kind zip="),
        ("ecodes", "lot", "'1E1'", "--kind lot=text"),
        ("mixedcase_bool", "ok", "TRUE, False, true, FALSE", "--kind ok=text"),
        ("bigdigits", "acct", "'99999999999999999900001'", "of which a number keeps 15"),
        ("index_csv", "column 1", "counts the rows from 0", "left out"),
        ("onecol", "7 lines with nothing", "line 6", "remove what"),
        ("comment", "1 line of", "'# exported by lab system'", "comments"),
        ("tsv", "tsv.csv", r"'\t'", "--sep"),
    ],
)
def test_what_may_be_meant_otherwise_is_told(name, column, value, option):
    with pytest.warns(MirimputeWarning) as told:
        read_as_commands_do(CSV / f"{name}.csv")
    said = [str(each.message) for each in told]
    assert any(column in each and value in each and option in each for each in said), said


IN_PYTHON = {
    "lod": "Imputer(censored=['crp'])",
    "sex12": "Imputer(kinds={'sex': 'categorical'})",
    "units": "Imputer(ignore=['w'])",
    "eurodec": "decimal=','",
    "underscore": "thousands='_'",
    "dash": "missing_markers with '-'",
    "namibia": "missing_markers=[]",
    "tsv": "sep=",
    "latin1": "encoding='latin-1'",
}


@pytest.mark.parametrize("name", sorted(path.stem for path in CSV.glob("*.csv")))
def test_python_is_told_of_no_option_of_the_shell(name):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            mirimpute.read_table(CSV / f"{name}.csv")
            refused = ""
        except UserError as error:
            refused = str(error)
    said = [*(str(each.message) for each in told), refused]
    assert not [each for each in said if re.search(r"--\w|dataset\.", each)]
    assert name not in IN_PYTHON or any(IN_PYTHON[name] in each for each in said), said


@pytest.mark.parametrize(
    "name", ["plain", "binary01", "line61", "iso_z", "comma_cat", "balanced", "names_odd", "skew", "card800"]
)
def test_nothing_is_said_of_plain_columns(name, recwarn):
    mirimpute.read_table(CSV / f"{name}.csv")
    assert [str(each.message) for each in recwarn if "no imputer fills: city" not in str(each.message)] == []


def test_ids_with_holes_are_told(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("patient_id,x\n" + "".join(f"{700 + 3 * k if k % 6 else ''},{k % 4}.5\n" for k in range(40)))
    with pytest.warns(MirimputeWarning, match="'patient_id' look like an id.*first is 703.* --kind patient_id=text"):
        File(path=str(path)).load(Path())


def test_complete_ids_are_told(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("patient_id,days,x\n" + "".join(f"{700 + 3 * k},{k},{k % 4 or ''}\n" for k in range(40)))
    with pytest.warns(
        MirimputeWarning, match=r"'patient_id' look like an id.* predict .* Imputer\(ignore=\['patient_id'\]\)"
    ) as told:
        mirimpute.read_table(path)
    assert not [each for each in told if "'days'" in str(each.message)]


def test_codes_of_a_dataframe_are_told(tmp_path):
    frame = mirimpute.read_table(CSV / "plain.csv").assign(ans=np.tile([1.0, 9.0, np.nan], 20))
    with pytest.warns(MirimputeWarning, match="column 'ans' holds the whole numbers 1, 9 alone.*astype"):
        mirimpute.MirfImputer(preset="mirf_fast").fit(frame)
