"""What is known of the programs that log requests: their formats, and the names of their keys."""
