"""The loop of `watch`: what it has seen, concluded and told."""
