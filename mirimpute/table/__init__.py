"""What a table is: columns, their kinds and scales, DataFrames and files as numbers and back."""
