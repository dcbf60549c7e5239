"""Finds the pods of either side, their containers and their mirror rule."""
