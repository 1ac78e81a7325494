"""The page as a file: what it holds, that it escapes everything, asks nothing of the network, and is the same bytes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mirimpute.bench.results.store import read_rows
from mirimpute.cli.report import main
from mirimpute.errors import MirimputeWarning
from mirimpute.report.build import build_page
from mirimpute.report.collect import collect
from mirimpute.report.page.charts import chart_specs
from mirimpute.report.page.column_errors import columns_data
from mirimpute.report.page.rounds import rounds_data

from .row_factory import make_row, write

FEW = {f"{estimate}_{metric}": None for estimate in ("point", "draw") for metric in ("mae", "w2", "mmd2")}
"""Fewer measures, because a diagram of each takes most of the time."""
HOSTILE = "</script><script>window.owned = 1</script><img src=x onerror='window.owned = 1'>"


class Elements(HTMLParser):
    """Collects every start tag with its attributes, and the texts of the scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag == "script"
        if self._inside:
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    @property
    def data(self) -> dict[str, Any]:
        return json.loads(self.scripts[0])


def page(folder: Path, rows: list[dict[str, Any]], **parts: Any) -> Elements:
    for row in rows:
        write(folder, row, **parts)
    return Elements(build_page(folder, folder / "report.html").read_text(encoding="utf-8"))


def grid() -> list[dict[str, Any]]:
    return [make_row(m, d, seed=s, **FEW) for m in ("mean", "ice", "mirf") for d in "abc" for s in (0, 1)]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Elements:
    return page(tmp_path_factory.mktemp("plain"), [*grid(), make_row("knn", "a", status="failed", reason="x & y")])


def test_numbers_of_the_page_are_those_of_the_rows(plain: Elements) -> None:
    data = plain.data
    row = grid()[0]
    methods = [each["name"] for each in data["methods"]]
    entries = data["entries"]["point_rmse"]
    at = [
        k
        for k, (case, method) in enumerate(zip(entries["case"], entries["method"], strict=True))
        if (data["cases"][case]["dataset"], methods[method]) == ("a", "mean")
    ]
    seeds = [each["point_rmse"] for each in grid()[:2]]
    assert [entries["mean"][k] for k in at] == [pytest.approx(np.mean(seeds), rel=1e-5)]
    cells = data["cells"]
    assert len(cells["case"]) == 19
    first = cells["values"]["point_rmse"][[methods[m] for m in cells["method"]].index("mean")]
    assert first == pytest.approx(row["point_rmse"], rel=1e-5)
    assert data["failures"][0]["reason"] == "x & y"
    assert data["data"][0]["rows"] == 569


def test_links_lead_to_the_rows(tmp_path: Path) -> None:
    for row in grid():
        write(tmp_path / "results #1", row)
    for path in (tmp_path / "results #1" / "report.html", tmp_path / "elsewhere" / "deep" / "p.html"):
        found = Elements(build_page(tmp_path / "results #1", path).read_text(encoding="utf-8"))
        for href in found.data["cells"]["href"]:
            assert "#" not in href
            assert (path.parent / href.replace("%23", "#").replace("%20", " ")).is_file()


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    rows = [
        make_row(method, dataset, gate=HOSTILE, versions=HOSTILE, device=HOSTILE, **FEW)
        for method in ("mirf", HOSTILE)
        for dataset in ("a", "b", HOSTILE)
    ]
    rows.append(make_row("ice", HOSTILE, status="failed", reason=HOSTILE))
    found = page(tmp_path, rows)
    clean = page(tmp_path / "clean", [make_row(m, d, **FEW) for m in ("mirf", "x") for d in ("a", "b", "c")])
    assert [tag for tag, _ in found.tags].count("script") == [tag for tag, _ in clean.tags].count("script")
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)
    assert not any(tag in ("img", "iframe", "object", "embed", "base", "link") for tag, _ in found.tags)
    assert HOSTILE in {each["name"] for each in found.data["methods"]}
    assert found.data["failures"][0]["reason"] == HOSTILE


def test_the_policy_allows_these_scripts_and_no_other(plain: Elements) -> None:
    policy = next(a["content"] for tag, a in plain.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    hashes = {base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in plain.scripts[1:]}
    assert allowed == hashes
    assert policy.startswith("default-src 'none';")
    assert "unsafe-inline" not in policy.split("style-src")[0]
    assert not any({"src", "srcset"} & set(attributes) for _, attributes in plain.tags)
    assert all(a["href"].startswith("#") for tag, a in plain.tags if tag == "a" and a.get("href"))  # type: ignore[union-attr]


def test_equal_rows_are_equal_bytes(tmp_path: Path) -> None:
    for row in grid():
        write(tmp_path, row)
    first, second = (build_page(tmp_path, tmp_path / name).read_bytes() for name in ("a.html", "b.html"))
    assert first == second
    assert b"diagram" in first


def test_panels_appear_only_where_rows_have_them(tmp_path: Path, plain: Elements) -> None:
    ids = {a.get("id") for _, a in plain.tags}
    assert not ids & {"information", "columns"}
    trace = [{"round": k, "mi_bits": 0.5 / k, "mi_bits_se": 0.01, "mask_auc": 0.6} for k in (1, 2)]
    full = page(tmp_path, [make_row("mirf", "a")], trace=trace, columns=[{"column": "u", "scored": 3}])
    assert {a.get("id") for _, a in full.tags} >= {"information", "columns"}


def test_only_failures_still_make_a_page(tmp_path: Path) -> None:
    found = page(tmp_path, [make_row("mirf", status="failed", reason="no data", data_sha256=None)])
    assert found.data["measures"] == []
    assert found.data["failures"][0]["reason"] == "no data"


def test_rounds_are_means_over_seeds_with_their_error(tmp_path: Path) -> None:
    for seed, value in ((0, 0.4), (1, 0.6)):
        steps = [{"round": 0, "mi_bits": value, "mi_bits_se": 0.03 + 0.01 * seed}, {"round": 1, "mi_bits": None}]
        write(tmp_path, make_row("mirf", "a", seed=seed), trace=steps)
    write(tmp_path, make_row("ice", "a"), trace=[{"round": 1, "loss": 1.0}])
    write(tmp_path, make_row("knn", "a", status="failed"), trace=[{"round": 0, "mi_bits": 9.0}])
    found = rounds_data(collect(read_rows(tmp_path), tmp_path))
    assert (found["key"], found["round"], found["n"]) == (["mi_bits"], [0], [2])
    assert found["mean"] == [pytest.approx(0.5)]
    assert found["se"] == [pytest.approx(0.5 * np.hypot(0.03, 0.04))]
    assert found["truth"] == [None]


def test_columns_come_from_the_lowest_seed_of_each_method(tmp_path: Path) -> None:
    for seed in (1, 0):
        column = {
            "column": "u",
            "scored": 3,
            "point_rmse": 0.5 + seed,
            "point_mae": 0.4,
            "draw_rmse": 0.7,
            "draw_w1": 0.1,
        }
        write(tmp_path, make_row("mirf", "a", seed=seed), columns=[column])
    write(tmp_path, make_row("ice", "a"), columns=[{"column": "u", "scored": 3, "point_rmse": None}])
    found = columns_data(collect(read_rows(tmp_path), tmp_path))
    by_point = {point: k for k, point in enumerate(found["point"])}
    assert set(by_point) == {0.5, None}
    k = by_point[0.5]
    assert [found[name][k] for name in ("column", "seed", "scored", "draw", "w1")] == ["u", 0, 3, 0.7, 0.1]


def test_damaged_columns_are_left_out_with_a_warning(tmp_path: Path) -> None:
    folder = write(tmp_path, make_row("mirf", "a"))
    (folder / "columns.json").write_text("{")
    with pytest.warns(MirimputeWarning, match="left out"):
        assert columns_data(collect(read_rows(tmp_path), tmp_path))["column"] == []


def test_every_chart_is_valid_vega_lite_and_draws_its_marks() -> None:
    import vl_convert

    line = {"method": "a", "seconds": 1.0, "value": 0.5, "low": 0.4, "high": 0.6, "distortion": 0.3, "round": 1}
    look = {
        "colour": "#d55e00",
        "fill": "#d55e00",
        "shape": "M-1,-1H1V1H-1Z",
        "tip": "t",
        "stage": "draw",
        "labelled": True,
    }
    for spec in chart_specs().values():
        filled = {**spec, "width": 400, "datasets": {key: [line | look] for key in spec["datasets"]}}
        svg = vl_convert.vegalite_to_svg(filled)
        assert svg.count("#d55e00") >= 1


def test_the_command_writes_the_page_and_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for row in grid()[:2]:
        write(tmp_path / "results", row)
    monkeypatch.chdir(tmp_path)
    assert main(["--html"]) == 0
    assert f"see {Path('results/report.html')} (" in capsys.readouterr().out
    assert not (tmp_path / "results" / "tables").exists()
    assert main(["--html", "page/mine.html"]) == 0
    assert (tmp_path / "page" / "mine.html").is_file()
    (tmp_path / "file").write_text("")
    assert main(["--html", "file/page.html"]) == 2
    assert "--html" in capsys.readouterr().err
