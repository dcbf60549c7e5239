"""The experiment's files come in; whether their APIs take them, and what the README shows of them, goes out."""
