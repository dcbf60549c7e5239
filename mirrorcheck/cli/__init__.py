"""The commands besides `analyze`: each takes checked groups of options and does its work."""
