"""Requests of one's own in the place of traffic: sending them, and knowing them again in the logs of both sides."""
