"""Finds the mirror rule in force for a service in objects of a cluster's API, and what is wrong with it.

It needs no client and no cluster: the objects are JSON, read elsewhere, so everything here can be tried on text files.
"""
