"""A page on one's own table: what is missing, what was filled in, and whether it looks right; one file, no network."""
