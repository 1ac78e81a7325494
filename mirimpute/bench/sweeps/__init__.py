"""Sweeps: the sweeper plans cells, the launchers run them on this machine or on a cluster.

Only this package and the command line import Hydra, which finds the two through ``hydra_plugins/mirimpute.py``.
"""
