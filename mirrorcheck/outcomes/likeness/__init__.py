"""Learns how copies differ from their originals where the usual key leaves lines unexplained."""
