"""Reads the lines of a whole text at once, as numpy columns; what it leaves over goes to the exact way."""
