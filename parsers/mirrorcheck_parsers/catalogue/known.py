"""The formats that are known by name, each as the template its program has."""

from typing import Final

from mirrorcheck_parsers.catalogue.proxies import PROXIES
from mirrorcheck_parsers.catalogue.servers import COMBINED, MAIN, SERVERS, UNDATED, Program
from mirrorcheck_parsers.formats.format import compile_format

RECOMMENDED: Final = (
    f'{MAIN} host="$http_host" rid="$http_x_request_id" tp="$http_traceparent" '
    'att="$http_x_envoy_attempt_count" rt=$request_time t=$msec len=$request_length'
)
# ingress-nginx's log-format-upstream, of its ConfigMap's documentation, 1.12.
UPSTREAMINFO: Final = (
    f"{COMBINED} $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] "
    "$upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id"
)

_REQUEST: Final = (
    '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS%'
)
_TRAFFIC: Final = (
    "%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "
    '"%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"'
)
_ADDRESSES: Final = (
    "%UPSTREAM_CLUSTER% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% "
    "%REQUESTED_SERVER_NAME% %ROUTE_NAME%"
)
_FAILURE: Final = '"%UPSTREAM_TRANSPORT_FAILURE_REASON%"'
ENVOY: Final = f"{_REQUEST} {_TRAFFIC}"
ISTIO_TEXT: Final = (
    f"{_REQUEST} %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% {_FAILURE} {_TRAFFIC} {_ADDRESSES}"
)
ISTIO_TEXT_1_8: Final = f"{_REQUEST} {_FAILURE} {_TRAFFIC} {_ADDRESSES}"
ISTIO_TEXT_1_3: Final = f'{_REQUEST} "%DYNAMIC_METADATA(istio.mixer:status)%" {_FAILURE} {_TRAFFIC} {_ADDRESSES}'
# The keys and their operators are those of Istio's pilot/pkg/model/telemetry_logging.go.
ISTIO_JSON: Final = (
    '{"start_time":"%START_TIME%","route_name":"%ROUTE_NAME%","method":"%REQ(:METHOD)%",'
    '"path":"%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%","protocol":"%PROTOCOL%","response_code":"%RESPONSE_CODE%",'
    '"response_flags":"%RESPONSE_FLAGS%","response_code_details":"%RESPONSE_CODE_DETAILS%",'
    '"connection_termination_details":"%CONNECTION_TERMINATION_DETAILS%","bytes_received":"%BYTES_RECEIVED%",'
    '"bytes_sent":"%BYTES_SENT%","duration":"%DURATION%",'
    '"upstream_service_time":"%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%","x_forwarded_for":"%REQ(X-FORWARDED-FOR)%",'
    '"user_agent":"%REQ(USER-AGENT)%","request_id":"%REQ(X-REQUEST-ID)%","authority":"%REQ(:AUTHORITY)%",'
    '"upstream_host":"%UPSTREAM_HOST%","upstream_cluster":"%UPSTREAM_CLUSTER%",'
    '"upstream_local_address":"%UPSTREAM_LOCAL_ADDRESS%","downstream_local_address":"%DOWNSTREAM_LOCAL_ADDRESS%",'
    '"downstream_remote_address":"%DOWNSTREAM_REMOTE_ADDRESS%","requested_server_name":"%REQUESTED_SERVER_NAME%",'
    '"upstream_transport_failure_reason":"%UPSTREAM_TRANSPORT_FAILURE_REASON%"}'
)

_LINE: Final = '10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl/8"'
_ID: Final = "6f1c5b1e-27a4-9c0e-9d32-0b1f6f4c1a77"
_HEAD: Final = '[2026-11-22T10:00:00.123Z] "GET /a HTTP/1.1" 200 -'
_MIDDLE: Final = f'0 12 3 2 "-" "curl/8" "{_ID}" "web-shadow" "10.1.2.3:80"'
_END: Final = (
    "inbound|80|| 127.0.0.6:41235 10.1.2.3:80 10.0.0.1:0 outbound_.80_.v2_.web.default.svc.cluster.local default"
)
_OWN: Final = (
    Program("nginx main", MAIN, f'{_LINE} "10.1.2.3"', "nginx 1.27, the nginx.conf of its packages and images"),
    Program(
        "nginx combined",
        COMBINED,
        _LINE,
        "nginx 1.27, ngx_http_log_module: predefined, as Apache's combined and gunicorn's default",
    ),
    Program(
        "nginx recommended",
        RECOMMENDED,
        f'{_LINE} "-" host="web" rid="{_ID}" tp="-" att="1" rt=0.003 t=1795341600.123 len=77',
        "this project's own: combined with what makes copies and times certain",
    ),
    Program(
        "ingress-nginx upstreaminfo",
        UPSTREAMINFO,
        f"{_LINE} 77 0.003 [default-web-80] [] 10.1.2.3:80 12 0.002 200 {_ID}",
        "ingress-nginx 1.12, log-format-upstream in docs/user-guide/nginx-configuration",
    ),
    Program(
        "Istio text",
        ISTIO_TEXT,
        f'{_HEAD} via_upstream - "-" {_MIDDLE} {_END}',
        "Istio 1.9 and later, EnvoyTextLogFormat in pilot/pkg/model/telemetry_logging.go",
    ),
    Program(
        "Istio text 1.8",
        ISTIO_TEXT_1_8,
        f'{_HEAD} "-" {_MIDDLE} {_END}',
        "Istio 1.8, EnvoyTextLogFormat in pilot/pkg/networking/core/v1alpha3",
    ),
    Program(
        "Istio text 1.3 to 1.7",
        ISTIO_TEXT_1_3,
        f'{_HEAD} "-" "-" {_MIDDLE} {_END}',
        "Istio 1.3, EnvoyTextLogFormat with the mixer's status",
    ),
    Program(
        "Envoy text",
        ENVOY,
        f"{_HEAD} {_MIDDLE}",
        "Envoy 1.36, Default format string in its documentation of access logs; Contour's default",
    ),
    Program(
        "Istio JSON",
        ISTIO_JSON,
        '{"start_time":"2026-11-22T10:00:00.123Z","route_name":"default","method":"GET","path":"/a",'
        '"protocol":"HTTP/1.1","response_code":200,"response_flags":"-","response_code_details":"via_upstream",'
        '"connection_termination_details":null,"bytes_received":0,"bytes_sent":12,"duration":3,'
        f'"upstream_service_time":"2","x_forwarded_for":null,"user_agent":"curl/8","request_id":"{_ID}",'
        '"authority":"web-shadow","upstream_host":"10.1.2.3:80","upstream_cluster":"inbound|80||",'
        '"upstream_local_address":"127.0.0.6:41235","downstream_local_address":"10.1.2.3:80",'
        '"downstream_remote_address":"10.0.0.1:0","requested_server_name":null,'
        '"upstream_transport_failure_reason":null}',
        "Istio 1.9 and later, EnvoyJSONLogFormatIstio in pilot/pkg/model/telemetry_logging.go",
    ),
)

# Of two that match equally many lines with equally many fields the first wins.
PROGRAMS: Final = (*_OWN, *SERVERS, *PROXIES)
SAMPLES: Final = {program.name: program.sample for program in (*PROGRAMS, *UNDATED)}
KNOWN: Final = tuple(compile_format(program.template, name=program.name) for program in PROGRAMS)
# These have no time of their own: they are tried where something around the lines stamps them.
WITHOUT_TIME: Final = tuple(compile_format(each.template, name=each.name, stamped=True) for each in UNDATED)
