"""What every worker of a sweep needs, imported once and shared by all that are forked from here."""
