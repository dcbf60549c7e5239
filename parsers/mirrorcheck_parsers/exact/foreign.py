"""Recognises lines that the programs around a server are known to write, and that are no requests."""

import re

_CHATTER = re.compile(
    rb"""(?x:
    [ \t]*
  | /docker-entrypoint\.sh:.*                           # the nginx images' entry point
  | [0-9]{2}-[A-Za-z0-9._-]+\.(?:sh|envsh):.*           # and the scripts it runs
  | [0-9]{4}/[0-9]{2}/[0-9]{2}\ [0-9:]{8}\ \[(?:emerg|alert|crit|error|warn|notice|info|debug)\]\ [0-9]+\#[0-9]+:.*
  | [+-]\ [^ ]+\ \xe2\x80\xba\ [^ ]+                    # stern's `+ pod > container`, with a guillemet
  | TIMESTAMP[ ]+\xe2\x97\x8b[ ]+MESSAGE[ ]*             # the header of kubetail.com's command line
  | [ \t]*(?:[\[\]{}]|\[\]),?                             # around the elements of a JSON text
  | [ \t]*"(?:events|results|searchedLogStreams)":[ ]\[\]?,?   # what aws logs writes around them
  | [ \t]*"next(?:|Forward|Backward)Token":[ ]"[^"]*",?
  | [ \t]*"statistics":[ ]\{ | [ \t]*"[A-Za-z]*(?:Scanned|Matched|Skipped)":[ ][0-9.]+,?
  | [ \t]*"status":[ ]"Complete",? | [ \t]*"(?:queryLanguage|encryptionKey)":[ ]"[^"]*",?
  | "?@timestamp"?,"?@message"?(?:,.*)?                    # the header of Logs Insights' table
  | Attaching\ to\ .*                                   # docker compose
)""",
    re.DOTALL,
)
# How the own lines of programs begin that log requests to the same stream: Istio's agent, Envoy, klog (ingress-nginx),
# gunicorn and uvicorn.
_SERVER = re.compile(
    rb"""(?:\A|(?<=[ ]))(?x:
    [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}Z\t(?:debug|info|warn|error|fatal)\t
  | \[[0-9-]{10}[ T][0-9:.,]{8,18}Z?\]\[[0-9]+\]\[[a-z]+\]\[[a-z_0-9]+\]
  | [IWEF][0-9]{4}\ [0-9:.]{15}\ +[0-9]+\ [A-Za-z0-9_.-]+:[0-9]+\]
  | \[[0-9-]{10}\ [0-9:]{8}\ [+-][0-9]{4}\]\ \[[0-9]+\]\ \[[A-Z]+\]
  | [A-Z]+:\ +(?:Uvicorn\ running|Started\ server\ process|Waiting\ for\ application|Application\ startup)
)"""
)
_PREFIXED = 300  # bytes in which the beginning of a line is, whatever stands in front of it
_HEADER = re.compile(rb"Will tail ([0-9]{1,6}) logs?\.\.\.")
_DISPLAY_NAME = re.compile(rb"[A-Za-z0-9._-]+(?: [A-Za-z0-9._-]+)?")


def is_of_server(text: bytes) -> bool:
    """Whether a line is one that a program which logs requests wrote about itself, behind a prefix or none."""
    return _SERVER.search(text[:_PREFIXED]) is not None


class ForeignLines:
    """Tells foreign lines; it remembers how many of kubetail's display names are still to come after its header."""

    def __init__(self) -> None:
        self._names_until = 0

    def includes(self, line: int, text: bytes) -> bool:
        """Whether a line (its 1-based number and text) is foreign; lines must come in order."""
        if _CHATTER.fullmatch(text):
            return True
        header = _HEADER.fullmatch(text)
        if header:
            self._names_until = line + int(header[1])
            return True
        return line <= self._names_until and _DISPLAY_NAME.fullmatch(text) is not None
