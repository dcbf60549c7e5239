"""Reads logs into streams: a table of numbers for each source, a row for each line. It knows no sides.

`open` opens what is named, `detection` finds the format, `readers` reads all sources, `observe`
turns records into columns, `table` and `stream` hold them, `fetch` reads the text of a few lines again for a report.
"""
