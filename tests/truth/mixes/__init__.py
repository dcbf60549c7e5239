"""Logs of every mix of what happens between clients, a proxy and two services, with the truth: is mirrorcheck right?

It plays what happens, request by request, and knows nothing of how mirrorcheck pairs lines.
"""
