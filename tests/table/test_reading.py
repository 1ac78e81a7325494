"""Options of a file are checked before it is read."""

import pytest

from mirimpute import read_table
from mirimpute.errors import UserError


@pytest.fixture
def path(tmp_path):
    (file := tmp_path / "my.csv").write_text("a,b\n1,NA\n2,4\n3,6\n4,8\n5,1\n")
    return file


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("missing_markers", "NA"),
        ("missing_markers", [1]),
        ("missing_markers", None),
        ("sep", 5),
        ("decimal", None),
        ("encoding", b"utf-8"),
        ("header", "no"),
    ],
)
def test_an_option_of_another_type_is_named(path, option, value):
    with pytest.raises(UserError) as raised:
        read_table(path, **{option: value})
    assert option in str(raised.value)
    assert repr(value) in str(raised.value)


def test_a_list_of_marks_is_taken_as_it_is(path):
    assert read_table(path, missing_markers=("NA",))["b"].isna().tolist() == [True, False, False, False, False]
