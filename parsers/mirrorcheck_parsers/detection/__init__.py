"""Finds the format of a log by its first bytes, or proposes one."""
