"""Methods of other libraries behind this package's contract."""
