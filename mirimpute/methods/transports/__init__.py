"""Transports: one file for each way to approximate a draw from q(x_miss | x_obs)."""
