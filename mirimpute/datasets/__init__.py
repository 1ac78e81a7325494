"""Datasets: where tables come from, and the `Table` that all of them become."""
