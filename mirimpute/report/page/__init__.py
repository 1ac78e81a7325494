"""`mirimpute-report --html`: one self-contained page of everything that a results folder shows."""
