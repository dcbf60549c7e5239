"""Takes nothing; gives the text formats of programs besides nginx, Istio and Envoy, as data.

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


_ADDRESS: Final = "$downstream_remote_address"  # with a port behind it
_COMMON_LINE: Final = '10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 12'
_COMBINED_LINE: Final = f'{_COMMON_LINE} "-" "curl/8"'
# Apache stamps the moment at which it received the request.
_APACHE_COMMON: Final = COMMON.replace("$time_local", "${start_time:%d/%b/%Y:%H:%M:%S %z}")
_APACHE_COMBINED: Final = COMBINED.replace("$time_local", "${start_time:%d/%b/%Y:%H:%M:%S %z}")
_UPSTREAM: Final = "$upstream_addr $upstream_response_length $upstream_response_time $upstream_status"
_OLD_INGRESS: Final = (
    '$remote_addr - [${the_real_ip:name}] - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name]'
)
_OLD_INGRESS_LINE: Final = (
    '10.0.0.1 - [10.0.0.1] - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl/8" 77 0.003 '
    "[default-web-80]"
)
_INGRESS_SOURCE: Final = "ingress-nginx, log-format-upstream in internal/ingress/controller/config/config.go"

# Who writes which of the three at the end of a line cannot be seen but by the numbers: detect._likeliest.
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
        ("common", COMMON, _APACHE_COMMON, _COMMON_LINE),
        ("combined", COMBINED, _APACHE_COMBINED, _COMBINED_LINE),
    )
    for writer, unit, tail, value, source in _TAILS
)

_VHOST: Final = "${http_host:name}:$server_port "
_VHOST_LINE: Final = "web.example.com:80 "
_IN_OUT: Final = "${bytes_in:integer} ${bytes_out:integer}"
_APACHES: Final = (
    Program("Apache common", COMMON, _COMMON_LINE, f"{_APACHE}: common; Tomcat's AccessLogValve, Caddy, morgan"),
    *_DURATIONS,
    Program(
        "Apache combined with seconds/microseconds",
        f"{_APACHE_COMBINED} ${{seconds:integer}}/${{request_time:us}}",
        f"{_COMBINED_LINE} 0/2870",
        f"{_APACHE}: combined with %T/%D",
    ),
    Program("Apache combinedio", f"{_APACHE_COMBINED} {_IN_OUT}", f"{_COMBINED_LINE} 77 312", f"{_APACHE}: combinedio"),
    Program(
        "Apache combinedio with microseconds",
        f"{_APACHE_COMBINED} {_IN_OUT} ${{request_time:us}}",
        f"{_COMBINED_LINE} 77 312 2870",
        f"{_APACHE}: combinedio with %D",
    ),
    Program(
        "Apache vhost_combined",
        f"{_VHOST}{_APACHE_COMBINED}",
        f"{_VHOST_LINE}{_COMBINED_LINE}",
        "Debian's apache2.conf (2.4): vhost_combined, the virtual host and its port in front",
    ),
    Program(
        "Apache vhost_combined with microseconds",
        f"{_VHOST}{_APACHE_COMBINED} ${{request_time:us}}",
        f"{_VHOST_LINE}{_COMBINED_LINE} 2870",
        "Debian's apache2.conf (2.4): vhost_combined with %D",
    ),
)

_APISIX: Final = Program(
    "APISIX",
    '$remote_addr - $remote_user [$time_local] ${http_host:word} "$request" $status $body_bytes_sent $request_time '
    '"$http_referer" "$http_user_agent" $upstream_addr $upstream_status $upstream_response_time "$upstream_url"',
    '10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] www.example.com "GET /a HTTP/1.1" 200 12 0.003 "-" "curl/8" '
    '10.1.2.3:80 200 0.002 "http://www.example.com"',
    "Apache APISIX 3.2, nginx_config.http.access_log_format in conf/config-default.yaml; the upstream's scheme, host "
    "and URI touch there, and are one field here",
)
_KONG: Final = Program(
    "Kong",
    f'{COMBINED} kong_request_id: "$kong_request_id"',
    f'{_COMBINED_LINE} kong_request_id: "1a2b3c4d5e6f708192a3b4c5d6e7f801"',
    "Kong Gateway 3.6, kong_log_format in kong/templates/nginx_kong.lua; before 3.5 it is combined",
)
_INGRESSES: Final = (
    Program(
        "ingress-nginx 0.22 to 0.25",
        f"{_OLD_INGRESS} [$proxy_alternative_upstream_name] {_UPSTREAM} $req_id",
        f"{_OLD_INGRESS_LINE} [] 10.1.2.3:80 12 0.002 200 529a007902362a5f51385a5fa7049884",
        f"{_INGRESS_SOURCE}, 0.25",
    ),
    Program(
        "ingress-nginx 0.16 to 0.21",
        f"{_OLD_INGRESS} {_UPSTREAM} $req_id",
        f"{_OLD_INGRESS_LINE} 10.1.2.3:80 12 0.002 200 529a007902362a5f51385a5fa7049884",
        f"{_INGRESS_SOURCE}, 0.16",
    ),
    Program(
        "ingress-nginx before 0.16",
        f"{_OLD_INGRESS} {_UPSTREAM}",
        f"{_OLD_INGRESS_LINE} 10.1.2.3:80 12 0.002 200",
        "ingress-nginx, docs/user-guide/nginx-configuration/configmap.md, 0.12",
    ),
)

_HAPROXY: Final = (
    f"{_ADDRESS} [${{start_time:%d/%b/%Y:%H:%M:%S.%3f}}] ${{frontend:word}} ${{backend:name}}/${{server:word}} "
    "${timer_request:name}/${timer_queue:name}/${timer_connect:name}/${timer_response:name}/${request_time:ms} "
    "${status:integer} ${body_bytes_sent:integer} ${request_cookie:word} ${response_cookie:word} "
    "${termination:word} ${connections:word} ${queues:word}"
)
_HAPROXY_LINE: Final = (
    "10.0.0.1:33317 [22/Nov/2026:10:00:00.123] http-in web/web1 0/0/1/2/3 200 312 - - ---- 1/1/0/0/0 0/0"
)
_HAPROXY_TLS: Final = "${errors:word} ${tls_name:name}/${tls_version:name}/${tls_cipher:word}"
_CAPTURES: Final = (
    ("", "", ""),
    (" with headers", " {${captured_headers:until}}", " {web.example.com|curl/8}"),
    (
        " with both headers",
        " {${captured_request_headers:until}} {${captured_response_headers:until}}",
        " {web.example.com|curl/8} {}",
    ),
)
_HAPROXIES: Final = (
    *(
        Program(
            f"HAProxy {scheme}{captured}",
            f'{_HAPROXY}{template} "$request"{tls}',
            f'{_HAPROXY_LINE}{sample} "GET /a HTTP/1.1"{tls_sample}',
            f"HAProxy 2.8, configuration manual, {chapter}, and src/log.c; captured headers in braces: 8.8",
        )
        for scheme, tls, tls_sample, chapter in (
            ("HTTP", "", "", "8.2.3 HTTP log format (option httplog)"),
            (
                "HTTPS",
                f" {_HAPROXY_TLS}",
                " 0/0/0/0/0 web.example.com/TLSv1.3/TLS_AES_256_GCM_SHA384",
                "8.2.4 HTTPS log format (option httpslog)",
            ),
        )
        for captured, template, sample in _CAPTURES
    ),
    Program(
        "HAProxy CLF",
        '$remote_addr - - [${start_time:%d/%b/%Y:%H:%M:%S %z}] "$request" ${status:integer} ${body_bytes_sent:integer} '
        '"" "" $remote_port ${millisecond:integer} "${frontend:plain}" "${backend:plain}" "${server:plain}" '
        "${timer_request:word} ${timer_queue:word} ${timer_connect:word} ${timer_response:word} ${request_time:ms} "
        '"${termination:plain}" ${actconn:word} ${feconn:word} ${beconn:word} ${srvconn:word} ${retries:word} '
        '${server_queue:word} ${backend_queue:word} "${request_cookie:plain}" "${response_cookie:plain}"'
        "${captured_headers:free}",
        '10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 312 "" "" 33317 123 "http-in" "web" "web1" '
        '0 0 1 2 3 "----" 1 1 0 0 0 0 0 "-" "-"',
        "HAProxy 2.8, configuration manual, 8.2.3 (option httplog clf), and src/log.c",
    ),
)

# Nothing is escaped: an agent may hold quotes, so what is behind it is read from the line's end.
_TRAEFIK: Final = Program(
    "Traefik common",
    'escape=none $remote_addr - $remote_user [${start_time:%d/%b/%Y:%H:%M:%S %z}] "${request:plain}" '
    '${status:integer} ${body_bytes_sent:integer} "${http_referer:plain}" "${http_user_agent:free}" '
    '${request_count:integer} "${router:plain}" "${service:plain}" ${request_time:ms}ms',
    f'{_COMBINED_LINE} 5 "web@docker" "http://10.1.2.3:80" 3ms',
    "Traefik 3, CommonLogFormatter in pkg/middlewares/accesslog/logger_formatters.go: the start of the request, and "
    "its duration in milliseconds",
)

_BALANCED: Final = (
    f"${{balancer:word}} {_ADDRESS} ${{target_address:word}} ${{request_processing_time:word}} "
    "${request_time:s} ${response_processing_time:word} ${status:integer} ${target_status:word} "
    '${received_bytes:integer} ${bytes_sent:integer} "$request" "$http_user_agent" $ssl_cipher $ssl_protocol'
)
_ISO: Final = "%Y-%m-%dT%H:%M:%S.%6fZ"
_ALB: Final = (
    f'${{type:word}} ${{time:{_ISO}}} {_BALANCED} ${{target_group:word}} "$trace_id" "$http_host" "$certificate" '
    f"${{rule_priority:word}} ${{start_time:{_ISO}}}"
)
_ALB_ACTIONS: Final = (
    '"$actions" "$redirect_url" "$error_reason" "$targets" "$target_statuses" "$class" "$class_reason"'
)
_BALANCED_LINE: Final = (
    '10.0.0.1:2817 10.1.2.3:80 0.000 0.003 0.000 200 200 77 312 "GET http://web.example.com:80/a HTTP/1.1" "curl/8" - -'
)
_ALB_LINE: Final = (
    f"http 2026-11-22T10:00:00.126641Z app/web/50dc6c495c0c9188 {_BALANCED_LINE} "
    "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/web/73e2d6bc24d8a067 "
    '"Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 2026-11-22T10:00:00.123000Z'
)
_ALB_ACTIONS_LINE: Final = '"forward" "-" "-" "10.1.2.3:80" "200" "-" "-"'
_ALB_SOURCE: Final = "AWS, User Guide for Application Load Balancers, Access log entries"
_BALANCERS: Final = (
    Program(
        "AWS ALB",
        f"{_ALB} {_ALB_ACTIONS} ${{connection_trace:word}}",
        f"{_ALB_LINE} {_ALB_ACTIONS_LINE} TID_1234abcd5678ef90",
        f"{_ALB_SOURCE} (2024): times in seconds, -1 for none; request_time is target_processing_time",
    ),
    Program(
        "AWS ALB with transforms",
        f'{_ALB} {_ALB_ACTIONS} ${{connection_trace:word}} "$changed_host" "$changed_uri" "$change_status"',
        f'{_ALB_LINE} {_ALB_ACTIONS_LINE} TID_1234abcd5678ef90 "-" "-" "-"',
        f"{_ALB_SOURCE} (2025): three fields on transformed requests",
    ),
    Program(
        "AWS ALB with other fields",
        f"{_ALB}${{more:free}}",
        f'{_ALB_LINE} "forward" "-" "-"',
        f"{_ALB_SOURCE}: fields were added at the end over the years, and more may be",
    ),
    Program(
        "AWS classic ELB",
        f"${{start_time:{_ISO}}} {_BALANCED}",
        f"2026-11-22T10:00:00.123000Z web {_BALANCED_LINE}",
        "AWS, User Guide for Classic Load Balancers, Access log entries: the time of the request",
    ),
)

_PYTHON_TIME: Final = "${time:%d/%b/%Y %H:%M:%S}"
_WERKZEUG: Final = f'$remote_addr - - [{_PYTHON_TIME}] "$request" $status $body_bytes_sent'
_WERKZEUG_LINE: Final = '10.0.0.1 - - [22/Nov/2026 10:00:00] "GET /a HTTP/1.1" 200 -'
_SERVED: Final = f'{_ADDRESS} - "$request" $status'
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
        f'{_ADDRESS} - - [${{time:%d/%b/%Y:%H:%M:%S}}] "$request" $status $body_bytes_sent',
        '10.0.0.1:50812 - - [22/Nov/2026:10:00:00] "GET /a" 200 12',
        "daphne 4, AccessLogGenerator in daphne/access.py: local times without a zone",
    ),
    Program(
        "gunicorn on a socket",
        COMBINED.removeprefix("$remote_addr"),
        _COMBINED_LINE.removeprefix("10.0.0.1"),
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

_ENVOY_CLIENTS: Final = Program(
    "Emissary-ingress",
    'ACCESS [%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% '
    "%RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "
    '"%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"',
    'ACCESS [2026-11-22T10:00:00.123Z] "GET /a HTTP/1.1" 200 - 0 12 3 2 "-" "curl/8" '
    '"6f1c5b1e-27a4-9c0e-9d32-0b1f6f4c1a77" "web-shadow" "10.1.2.3:80"',
    "Emissary-ingress 3, envoy_log_format of the Ambassador module: Envoy's default behind the word ACCESS",
)

PROGRAMS: Final = (
    *_APACHES,
    Program(
        "nginx main with seconds",
        f"{MAIN} $request_time",
        f'{_COMBINED_LINE} "10.1.2.3" 0.003',
        "nginx: the main of its images with the $request_time that many add at its end",
    ),
    _APISIX,
    _KONG,
    *_INGRESSES,
    _TRAEFIK,
    *_HAPROXIES,
    *_BALANCERS,
    *_PYTHONS,
    _ENVOY_CLIENTS,
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
