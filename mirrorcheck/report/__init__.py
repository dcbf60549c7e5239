"""A report, saved and loaded."""
