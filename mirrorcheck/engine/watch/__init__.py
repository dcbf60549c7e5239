"""The loop of `watch`, and what it derives from each look."""
