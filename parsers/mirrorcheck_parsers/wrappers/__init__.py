"""What other programs put around a log line: rows of outer text in; inner text and what was said of it out."""
