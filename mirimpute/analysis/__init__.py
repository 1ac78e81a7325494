"""Analyses of completed tables: a model on each, pooled; and how far the answer rests on missingness at random."""
