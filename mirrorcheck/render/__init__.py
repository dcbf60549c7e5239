"""A finished `Report` comes in; text for a terminal or a JSON document goes out."""
