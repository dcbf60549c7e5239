"""Runs the stages over saved logs (batch) and over logs that grow (live), and loops over them while watching."""
