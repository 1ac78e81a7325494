"""Methods to compare with: one file for each, with its parameters and its transport."""
