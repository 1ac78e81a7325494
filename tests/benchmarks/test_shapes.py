"""The page that lays the pool beside flow and trees on shapes, from rows with known values."""

from benchmarks.frame import frame_of
from benchmarks.shapes import COVERAGE, DISTANCES, METHODS, covering, medians_of, near, page_of
from tests.benchmarks.rows import row


def test_medians_of_ok_rows_decide_and_a_case_without_a_member_counts_nowhere():
    def rows(dataset, mirf, flow, trees):
        values = {"mirf": mirf, "mirf_flow": flow, "mice_cart": trees}
        return [
            row(
                method, f"synthetic/{dataset}", seed, **dict.fromkeys(DISTANCES, value), **{COVERAGE: 0.8 + value / 100}
            )
            for method, by_seed in values.items()
            for seed, value in enumerate(by_seed)
        ]

    found = rows("near", (1.0, 1.0, 9.0), (0.95, 0.95, 0.95), (2.0, 2.0, 2.0))
    found += rows("far", (1.2, 1.2, 1.2), (3.0, 3.0, 3.0), (1.0, 1.0, 1.0))
    found += rows("alone", (1.0,), (), (1.0,))
    found.append(row("mirf", "synthetic/far", 3, status="timeout"))
    frame = frame_of(found)
    assert near(medians_of(frame, "draw_energy")) == (1, 2)
    assert covering(medians_of(frame, COVERAGE)) == (0, 3)
    text = "\n".join(page_of(frame, METHODS))
    assert "energy distance 1 of 2" in text
    assert "| near, mcar | 1.00 | — | 0.950 | 2.00 | — |" in text
