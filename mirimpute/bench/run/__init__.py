"""One method in a process of its own: its limits and its cost."""
