"""Objects of a cluster come in as text files; the rule that is read from them goes out as text."""
