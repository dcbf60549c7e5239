"""Requests of our own in place of traffic: sends them, and recognises them in the logs of both sides."""
