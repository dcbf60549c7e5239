"""Logs of both sides made with known truth, judged by mirrorcheck: how often it calls a mirror what is none."""
