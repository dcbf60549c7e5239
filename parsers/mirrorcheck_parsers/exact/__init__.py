"""Reads lines one at a time, exactly by the format: what it says is the rule."""
