"""The benchmark: hide cells of a table, run a method, score it, and keep the row."""
