"""Determines which lines are of the primary, and which of the shadow."""
