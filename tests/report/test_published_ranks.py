"""Average ranks that a paper published, beside ours among the same rivals."""

from pathlib import Path

import pytest

from mirimpute.bench.conf_location import conf_dir
from mirimpute.report.build import build_report
from mirimpute.report.collect import collect
from mirimpute.report.published_ranks import published_ranks, ranks_beside, ranks_page

from .row_factory import make_row, write

SETS = ("uci/wine", "uci/energy", "uci/stock")
RIVALS = ("tabcsdi", "gain", "tdm", "knewimp", "miwae", "hyperimpute/hyperimpute")
(MIRI,) = published_ranks()


def rows(values, mechanism="mcar", rate=0.4, seeds=(0,), datasets=SETS, **fields):
    """Return a row per method, dataset and seed; ``values`` are method -> MMD² on each dataset, None for a failure."""
    found = []
    for method, of in values.items():
        for dataset, value in zip(datasets, of, strict=True):
            for seed in seeds:
                names = {"dataset": dataset, "mechanism": mechanism, "rate": rate, "method": method, "seed": seed}
                scores = {"draw_mmd2": value, "draw_mmd2_v": value}
                one = make_row(**names, status="failed") if value is None else make_row(**names, **scores, **fields)
                found.append(one)
    return found


def lines(found, folder):
    return {(each.cases[0].mechanism, each.method): each for each in ranks_beside(collect(found, folder), MIRI)}


def test_the_published_ranks_are_of_datasets_and_methods_that_exist() -> None:
    assert MIRI.values == {"mcar": 1.4, "mar": 2.0, "mnar": 1.3}
    assert len(MIRI.datasets) == 10
    assert all((conf_dir() / "dataset" / f"{each}.yaml").is_file() for each in MIRI.datasets)
    assert set(MIRI.rivals.values()) == set(RIVALS)
    assert all((conf_dir() / "method" / f"{each}.yaml").is_file() for each in RIVALS)


def test_ours_are_ranked_among_the_paper_s_rivals_one_at_a_time(tmp_path: Path) -> None:
    """mirf is before all on two sets and after two rivals on the third; mirf_paper is last on all; mice is no rival."""
    values = {each: (0.2, 0.3, 0.1 if each in ("gain", "tdm") else 0.4) for each in RIVALS}
    values |= {"mirf": (0.1, 0.1, 0.3), "mirf_paper": (0.9, 0.9, 0.9), "mice": (0.0, 0.0, 0.0)}
    found = lines(rows(values), tmp_path)
    assert found.keys() == {("mcar", "mirf"), ("mcar", "mirf_paper")}
    assert found["mcar", "mirf"].ranks == {"draw_mmd2_v": pytest.approx(5 / 3), "draw_mmd2": pytest.approx(5 / 3)}
    assert found["mcar", "mirf_paper"].ranks["draw_mmd2"] == 7
    assert found["mcar", "mirf"].published == 1.4
    assert len(found["mcar", "mirf"].rivals) == 6


def test_mechanisms_stand_apart_and_rates_are_averaged_within_a_dataset(tmp_path: Path) -> None:
    better, worse = {"mirf": (0.1,) * 3, "gain": (0.2,) * 3}, {"mirf": (0.2,) * 3, "gain": (0.1,) * 3}
    many = [*rows(better, rate=0.2), *rows(worse, rate=0.4), *rows(worse, "mnar_self"), *rows(better, "mnar_quantile")]
    found = lines(many, tmp_path)
    assert found["mcar", "mirf"].ranks["draw_mmd2"] == 1.5
    assert (found["mnar_self", "mirf"].ranks["draw_mmd2"], found["mnar_self", "mirf"].published) == (2, 1.3)
    assert found["mnar_quantile", "mirf"].ranks["draw_mmd2"] == 1


def test_ties_share_a_rank_and_failures_get_the_last(tmp_path: Path) -> None:
    values = {"mirf": (0.1, None, 0.1), "gain": (0.1, 0.2, None), "tdm": (0.2, 0.3, 0.3)}
    assert lines(rows(values), tmp_path)["mcar", "mirf"].ranks["draw_mmd2"] == pytest.approx((1.5 + 3 + 1) / 3)


def test_a_rival_whose_program_is_absent_has_not_lost(tmp_path: Path) -> None:
    absent = [make_row("hyperimpute/hyperimpute", name, rate=0.4, status="failed") for name in SETS]
    found = lines([*rows({"mirf": (0.2,) * 3, "gain": (0.1,) * 3}), *absent], tmp_path)["mcar", "mirf"]
    assert (found.rivals, found.ranks["draw_mmd2"]) == (("GAIN",), 2)


def test_only_common_seeds_count(tmp_path: Path) -> None:
    """On seed 0, which both have, gain is better; the mean over mirf's own seeds would say the opposite."""
    many = [*rows({"mirf": (0.5,) * 3, "gain": (0.4,) * 3}), *rows({"mirf": (0.0,) * 3}, seeds=(1, 2))]
    found = lines(many, tmp_path)["mcar", "mirf"]
    assert found.ranks["draw_mmd2"] == 2
    assert found.seeds == (1, 1)


@pytest.mark.parametrize(
    "found",
    [
        rows({"mirf": (0.1,) * 3, "mice": (0.2,) * 3}),  # no rival of the paper
        rows({"gain": (0.1,) * 3, "tdm": (0.2,) * 3}),  # none of ours
        rows({"mirf": (0.1,) * 2, "gain": (0.2,) * 2}, datasets=SETS[:2]),  # two datasets
        rows({"mirf": (0.1,) * 3, "gain": (0.2,) * 3}, datasets=("iris", "letter", "adult")),  # others
        [*rows({"mirf": (0.1,) * 3}), *rows({"gain": (0.2,) * 3}, seeds=(1,))],  # no common masks
    ],
)
def test_without_rivals_datasets_or_common_seeds_there_is_no_line(found, tmp_path: Path) -> None:
    assert lines(found, tmp_path) == {}


def test_the_report_shows_the_ranks_and_says_who_is_absent_and_who_does_not_draw(tmp_path: Path) -> None:
    values = {"mirf": (0.1,) * 3, "gain": (0.2,) * 3}
    many = [*rows(values), *rows({"hyperimpute/hyperimpute": (0.05,) * 3}, n_draws=1, scored_draws=1)]
    for row in many:
        write(tmp_path, row)
    report = build_report(tmp_path)
    page = (tmp_path / "tables" / "published_ranks.md").read_text()
    (line,) = [each for each in page.splitlines() if "| mirf |" in each]
    assert line == "| MCAR | 0.4 | 1.4 of 7 | mirf | 2.00 | 2.00 | 3 | 3 | 1 |"
    assert line in report.summary.read_text()
    assert "TabCSDI, TDM, KnewImp, MIWAE" in page
    assert "(hyperimpute/hyperimpute)" in page
    collection = collect(many, tmp_path)
    assert ranks_page(collection, MIRI, ranks_beside(collection, MIRI)) == page
