"""Transports that move one column at a time: one file for each."""
