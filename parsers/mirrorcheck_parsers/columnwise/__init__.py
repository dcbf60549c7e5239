"""Columns of lines and of texts, and what is asked of all of them at once."""
