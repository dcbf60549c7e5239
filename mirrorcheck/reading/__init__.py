"""Names of logs in, streams out: what each source holds, line by line, as numbers; nothing is known of sides here.

logs opens what is named, detection finds the format, readers has all sources read (here or by workers), observe turns
records into columns, table and stream hold them, fetch gets a text again when a report needs it. What concerns a stream
as a whole comes last: its order (newest_first), its containers, the fields that a user asked for.
"""
