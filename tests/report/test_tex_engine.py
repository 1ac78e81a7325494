"""The LaTeX tables in front of a real TeX engine, where the machine has one (`latex_parser` reads them anywhere)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mirimpute.report.collect import collect
from mirimpute.report.failures import failures
from mirimpute.report.ranking import rank
from mirimpute.report.ranking_tables import latex_ranking
from mirimpute.report.summary import summarise
from mirimpute.report.tables import latex_table

from .row_factory import make_row

HOSTILE = r"a_b & 50% #1 {x} \input{y} ~^$ <é> ½ ²"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex on this machine")
def test_all_tables_compile(tmp_path: Path) -> None:
    rows = [
        make_row(m, d, mech, seed=s)
        for m in ("ice", "mirf", HOSTILE)
        for d in "abc"
        for mech in ("mcar", "mar")
        for s in (0, 1)
    ]
    rows.append(make_row("knn", "a", status="failed", reason=HOSTILE))
    collection = collect(rows, Path("r"))
    parts = []
    for measure in collection.measures:
        table = summarise(collection, measure)
        parts.append(latex_table(table, collection, failures(collection)))
        ranking = rank(table)
        assert ranking is not None
        parts.append(latex_ranking(ranking))
    document = "\n\\clearpage\n".join(parts)
    (tmp_path / "all.tex").write_text(
        f"\\documentclass{{article}}\\usepackage{{booktabs}}\\begin{{document}}\n{document}\n\\end{{document}}\n",
        "ascii",
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "all.tex"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert found.returncode == 0, found.stdout[-2000:]
    assert (tmp_path / "all.pdf").read_bytes().startswith(b"%PDF")
