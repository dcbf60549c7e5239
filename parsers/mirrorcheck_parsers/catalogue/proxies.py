"""The text formats of proxies and load balancers besides nginx, Istio and Envoy."""

from typing import Final

from mirrorcheck_parsers.catalogue.servers import ADDRESS, COMBINED, COMBINED_LINE, Program

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
    f'{COMBINED_LINE} kong_request_id: "1a2b3c4d5e6f708192a3b4c5d6e7f801"',
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
    f"{ADDRESS} [${{start_time:%d/%b/%Y:%H:%M:%S.%3f}}] ${{frontend:word}} ${{backend:name}}/${{server:word}} "
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
    f'{COMBINED_LINE} 5 "web@docker" "http://10.1.2.3:80" 3ms',
    "Traefik 3, CommonLogFormatter in pkg/middlewares/accesslog/logger_formatters.go: the start of the request, and "
    "its duration in milliseconds",
)

# Whatever the client sent, the balancer writes the whole URL; only the path and the query are what was asked for.
_BALANCED: Final = (
    f"${{balancer:word}} {ADDRESS} ${{target_address:word}} ${{request_processing_time:word}} "
    "${request_time:s} ${response_processing_time:word} ${status:integer} ${target_status:word} "
    "${received_bytes:integer} ${bytes_sent:integer} "
    '"$request_method $scheme://${http_host:name}$request_uri $server_protocol" '
    '"$http_user_agent" $ssl_cipher $ssl_protocol'
)
_ISO: Final = "%Y-%m-%dT%H:%M:%S.%6fZ"
_ALB: Final = (
    f'${{type:word}} ${{time:{_ISO}}} {_BALANCED} ${{target_group:word}} "$trace_id" "$domain_name" "$certificate" '
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

_ENVOY_CLIENTS: Final = Program(
    "Emissary-ingress",
    'ACCESS [%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% '
    "%RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "
    '"%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"',
    'ACCESS [2026-11-22T10:00:00.123Z] "GET /a HTTP/1.1" 200 - 0 12 3 2 "-" "curl/8" '
    '"6f1c5b1e-27a4-9c0e-9d32-0b1f6f4c1a77" "web-shadow" "10.1.2.3:80"',
    "Emissary-ingress 3, envoy_log_format of the Ambassador module: Envoy's default behind the word ACCESS",
)

PROXIES: Final = (_APISIX, _KONG, *_INGRESSES, _TRAEFIK, *_HAPROXIES, *_BALANCERS, _ENVOY_CLIENTS)
