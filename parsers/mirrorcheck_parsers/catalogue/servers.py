"""The text formats of web and application servers besides nginx, and what the formats of many programs are made of.

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

# Apache stamps the moment at which it received the request.
_APACHE_COMMON: Final = COMMON.replace("$time_local", "${start_time:%d/%b/%Y:%H:%M:%S %z}")
_APACHE_COMBINED: Final = COMBINED.replace("$time_local", "${start_time:%d/%b/%Y:%H:%M:%S %z}")
# Who writes which of the three at the end of a line cannot be seen but by the numbers: see likeliest.
_TAILS: Final = (
    ("Apache", "microseconds", "${request_time:us}", "2870", "%D, in microseconds"),
    ("", "seconds", "$request_time", "0", "%T, in seconds; nginx with $request_time; Rack's CommonLogger (Puma)"),
    ("", "a number", "${number:integer}", "28", "a number that may be anything, such as milliseconds"),
)
_APACHE: Final = "Apache httpd 2.4, mod_log_config and mod_logio in its manual"

_DURATIONS: Final = tuple(
    Program(
        f"{writer} {base} with {unit}".lstrip(),
        f"{apache if writer else plain} {tail}",
        f"{line} {value}",
        f"{_APACHE}: {base} with {source}",
    )
    for base, plain, apache, line in (
        ("common", COMMON, _APACHE_COMMON, COMMON_LINE),
        ("combined", COMBINED, _APACHE_COMBINED, COMBINED_LINE),
    )
    for writer, unit, tail, value, source in _TAILS
)

_VHOST: Final = "${http_host:name}:$server_port "
_VHOST_LINE: Final = "web.example.com:80 "
_IN_OUT: Final = "${bytes_in:integer} ${bytes_out:integer}"
_APACHES: Final = (
    Program("Apache common", COMMON, COMMON_LINE, f"{_APACHE}: common; Tomcat's AccessLogValve, Caddy, morgan"),
    *_DURATIONS,
    Program(
        "Apache combined with seconds/microseconds",
        f"{_APACHE_COMBINED} ${{seconds:integer}}/${{request_time:us}}",
        f"{COMBINED_LINE} 0/2870",
        f"{_APACHE}: combined with %T/%D",
    ),
    Program("Apache combinedio", f"{_APACHE_COMBINED} {_IN_OUT}", f"{COMBINED_LINE} 77 312", f"{_APACHE}: combinedio"),
    Program(
        "Apache combinedio with microseconds",
        f"{_APACHE_COMBINED} {_IN_OUT} ${{request_time:us}}",
        f"{COMBINED_LINE} 77 312 2870",
        f"{_APACHE}: combinedio with %D",
    ),
    Program(
        "Apache vhost_combined",
        f"{_VHOST}{_APACHE_COMBINED}",
        f"{_VHOST_LINE}{COMBINED_LINE}",
        "Debian's apache2.conf (2.4): vhost_combined, the virtual host and its port in front",
    ),
    Program(
        "Apache vhost_combined with microseconds",
        f"{_VHOST}{_APACHE_COMBINED} ${{request_time:us}}",
        f"{_VHOST_LINE}{COMBINED_LINE} 2870",
        "Debian's apache2.conf (2.4): vhost_combined with %D",
    ),
)

_PYTHON_TIME: Final = "${time:%d/%b/%Y %H:%M:%S}"
_WERKZEUG: Final = f'$remote_addr - - [{_PYTHON_TIME}] "$request" $status $body_bytes_sent'
_WERKZEUG_LINE: Final = '10.0.0.1 - - [22/Nov/2026 10:00:00] "GET /a HTTP/1.1" 200 -'
_SERVED: Final = f'{ADDRESS} - "$request" $status'
_SERVED_LINE: Final = '10.0.0.1:50812 - "GET /a HTTP/1.1" 200'
_UVICORN_SOURCE: Final = "uvicorn 0.30, LOGGING_CONFIG in uvicorn/config.py and AccessFormatter in uvicorn/logging.py"
_PYTHONS: Final = (
    # This one first: its lines look like the other's, with a longer name of the client.
    Program(
        "werkzeug through logging",
        f"INFO:werkzeug:{_WERKZEUG}",
        f"INFO:werkzeug:{_WERKZEUG_LINE}",
        "Werkzeug 3 after logging.basicConfig(), whose format is %(levelname)s:%(name)s:%(message)s",
    ),
    Program(
        "werkzeug",
        _WERKZEUG,
        _WERKZEUG_LINE,
        "Werkzeug 3, WSGIRequestHandler.log in serving.py; Python 3's http.server: local times without a zone",
    ),
    Program(
        "Django runserver",
        f'[{_PYTHON_TIME}] "$request" $status $body_bytes_sent',
        '[22/Nov/2026 10:00:00] "GET /a HTTP/1.1" 200 12',
        "Django 5, django.server in django/utils/log.py: local times without a zone, and no client",
    ),
    Program(
        "daphne",
        f'{ADDRESS} - - [${{time:%d/%b/%Y:%H:%M:%S}}] "$request" $status $body_bytes_sent',
        '10.0.0.1:50812 - - [22/Nov/2026:10:00:00] "GET /a" 200 12',
        "daphne 4, AccessLogGenerator in daphne/access.py: local times without a zone",
    ),
    Program(
        "gunicorn on a socket",
        COMBINED.removeprefix("$remote_addr"),
        COMBINED_LINE.removeprefix("10.0.0.1"),
        "gunicorn 23, access_log_format: combined, and nothing as the client of a Unix socket",
    ),
    Program(
        "uvicorn with a time",
        f"${{time:%Y-%m-%d %H:%M:%S}} INFO:     {_SERVED} ${{reason:text}}",
        f"2026-11-22 10:00:00 INFO:     {_SERVED_LINE} OK",
        f"{_UVICORN_SOURCE}, with %(asctime)s in front: a local time without a zone",
    ),
    Program(
        "uvicorn with a time in milliseconds",
        f"${{time:%Y-%m-%d %H:%M:%S,%3f}} INFO:     {_SERVED} ${{reason:text}}",
        f"2026-11-22 10:00:00,123 INFO:     {_SERVED_LINE} OK",
        f"{_UVICORN_SOURCE}, with %(asctime)s in front, as Python writes it by itself: local, without a zone",
    ),
    Program(
        "uvicorn through logging",
        f"${{time:%Y-%m-%d %H:%M:%S,%3f}} - uvicorn.access - INFO - {_SERVED}",
        f"2026-11-22 10:00:00,123 - uvicorn.access - INFO - {_SERVED_LINE}",
        "uvicorn 0.30 through Python's logging, as its cookbook formats it: local times without a zone",
    ),
)

SERVERS: Final = (
    *_APACHES,
    Program(
        "nginx main with seconds",
        f"{MAIN} $request_time",
        f'{COMBINED_LINE} "10.1.2.3" 0.003',
        "nginx: the main of its images with the $request_time that many add at its end",
    ),
    *_PYTHONS,
)

# Their lines bear no time: they can be read only where a layer around them stamps them.
UNDATED: Final = (
    Program("uvicorn", f"INFO:     {_SERVED} ${{reason:text}}", f"INFO:     {_SERVED_LINE} OK", _UVICORN_SOURCE),
    Program(
        "uvicorn in gunicorn",
        _SERVED,
        _SERVED_LINE,
        "uvicorn 0.30, UvicornWorker: the bare message, which gunicorn's handler writes",
    ),
    Program(
        "morgan tiny",
        "$request_method $request_uri ${status:integer} ${body_bytes_sent:integer} - ${request_time:ms} ms",
        "GET /a 200 12 - 3.456 ms",
        "morgan 1.10, tiny in its README: no client, no agent",
    ),
    Program(
        "morgan dev",
        "$request_method $request_uri ${status:integer} ${request_time:ms} ms - ${body_bytes_sent:integer}",
        "GET /a 200 3.456 ms - 12",
        "morgan 1.10, dev in its README: as tiny, in another order",
    ),
)
