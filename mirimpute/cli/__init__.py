"""The command lines; each is a thin layer over functions that take plain values."""
