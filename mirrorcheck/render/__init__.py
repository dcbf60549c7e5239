"""Outputs: a report, verdicts or snapshots as text for people or programs."""
