"""Methods: the contract (`base`), the registry, the outer loop (`reducer`) and its transports, wrapped libraries."""
