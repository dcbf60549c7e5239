"""The nouns of a report, saved and loaded."""
