"""An honest benchmark of missing-value imputation, and the mutual-information rectified-flow imputer (MIRF)."""

__version__ = "0.1.0"
