"""How a log_format is written, and what its fields look like: no line is read here."""
