"""mirf: its parameters, how it is learnt, and its learnt parts, one file each."""
