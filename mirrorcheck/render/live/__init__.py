"""Outputs of `watch`: a screen steered by keys, plain lines, JSON lines."""
