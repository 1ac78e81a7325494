"""Many cells: the sweeper that plans them and the launchers that run them, on this machine or on a cluster.

Beside the command line, the only importers of Hydra, which finds them through ``hydra_plugins/mirimpute.py``.
"""
