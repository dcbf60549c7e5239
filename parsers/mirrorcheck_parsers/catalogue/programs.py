"""Takes nothing; gives what the formats of many programs are made of, and what is told of each format.

Templates are in nginx's syntax, whoever writes the lines; what nginx has no variable for is `${name:what it is}`.
"""

from dataclasses import dataclass
from typing import Final

COMBINED: Final = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
)
MAIN: Final = f'{COMBINED} "$http_x_forwarded_for"'
COMMON: Final = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'


@dataclass(frozen=True, slots=True)
class Program:
    """A format with a line of it, and where both are from: the program, its documentation or source, the version."""

    name: str
    template: str
    sample: str
    source: str


ADDRESS: Final = "$downstream_remote_address"  # with a port behind it
COMMON_LINE: Final = '10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 12'
COMBINED_LINE: Final = f'{COMMON_LINE} "-" "curl/8"'
