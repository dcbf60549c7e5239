"""Gives each line its outcome."""
