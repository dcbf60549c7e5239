"""Follows the logs of pods through rotations, restarts and broken connections."""
