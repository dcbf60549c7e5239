"""The layers that other programs put around a log line, one row of data each."""
