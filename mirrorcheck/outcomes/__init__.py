"""What became of each line."""
