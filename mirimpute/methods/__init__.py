"""Methods: the contract (`base`), the registry, the outer loop, transports, baselines, mirf, wrapped libraries."""
