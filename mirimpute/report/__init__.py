"""From rows to tables and figures: reads the results folder, computes no imputation and no metric."""
