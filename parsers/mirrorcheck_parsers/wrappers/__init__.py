"""Takes the layers off lines: what other programs put around them."""
