"""Holds a report against what is expected of it: pass, fail or inconclusive."""
