"""What is missing in a table, and whether what was filled in looks right: numbers; `plots` draws them."""
