"""The public imputers, as scikit-learn has them: fit, transform, draw, multiple imputation, pooling, saving."""
