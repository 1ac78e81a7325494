"""Numbers alone: NumPy arrays in, NumPy arrays out; nothing here knows what a table or a method is."""
