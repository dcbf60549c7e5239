"""Mirror rules read from clusters that are given as text files."""
