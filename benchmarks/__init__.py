"""What was measured and how to measure it again: one command per module with a ``main``."""
