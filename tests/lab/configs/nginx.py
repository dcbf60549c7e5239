"""A scenario and ports come in; the configuration of the nginx that plays one pod goes out."""

import os
from pathlib import Path

from tests.lab.configs.ports import LOOPBACK, Ports
from tests.lab.scenario import Scenario
from tests.lab.traffic import ROUTES, Route

TRUTH_FIELDS = 5
"""Tab-separated fields behind the `main` line: $msec, x-request-id, x-lab-id, x-envoy-attempt-count, x-lab-copy."""

_NGINX = """
{user} daemon off; worker_processes {workers};
error_log {folder}/error.log warn; pid {folder}/nginx.pid;
events {{ worker_connections 2048; }}
http {{
  log_format lab '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
                 '"$http_referer" "$http_user_agent" "$http_x_forwarded_for"'
                 '\\t$msec\\t$http_x_request_id\\t$http_x_lab_id\\t$http_x_envoy_attempt_count\\t$http_x_lab_copy';
  access_log {folder}/access.log lab{buffered};
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  keepalive_timeout 120; keepalive_requests 100000; default_type application/json; absolute_redirect off;
  client_max_body_size 0;
  upstream backend {{ server {backend}; keepalive 64; }}
  map $http_{fail_header}:$http_x_envoy_attempt_count $lab_trouble {{ default 0; "~^once:1?$" 1; "~^always:" 1; }}
  server {{
    listen {listen} backlog=1024;
    {limited}
    {trouble}
    {routes}
  }}
}}
"""
_PROXIED = (
    "proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ''; "
    "proxy_set_header X-Lab-Side {side}; proxy_read_timeout 30;"
)
_TROUBLE = 'if ($lab_trouble) { return 503 \'{"error": "temporarily out of order"}    \'; }'


def nginx_config(scenario: Scenario, pod: str, ports: Ports, folder: Path) -> str:
    """Write the configuration of the nginx that plays `pod`; all it writes stays in `folder`."""
    side = pod[:2]
    delayed = scenario.failures.delay_s is not None if side == "v1" else scenario.v2_delay_s is not None
    limit = scenario.v2_bytes_a_second if side == "v2" else None
    return _NGINX.format(
        folder=folder,
        # As root its workers would become another user, who may not write into the folder; others cannot choose.
        user="user root;" if os.geteuid() == 0 else "",
        workers=scenario.workers,
        buffered=" buffer=8k flush=1s" if scenario.workers > 1 else "",
        listen=f"{LOOPBACK}:{ports.pods[pod]}",
        backend=f"{LOOPBACK}:{ports.backend}",
        fail_header="x_lab_fail" if side == "v1" else "x_lab_v2_fail",
        limited=f"limit_rate {limit};" if limit else "",
        trouble="" if delayed else _TROUBLE,
        routes=f"location / {{ {_PROXIED.format(side=side)} }}" if delayed else _answers(),
    )


def _answers() -> str:
    """Write one location a path, with one `if` a method, answering as ROUTES says."""
    grouped: dict[str, list[Route]] = {}
    for route in ROUTES:
        grouped.setdefault(route.pattern, []).append(route)
    lines = ["location / { return 404; }"]
    for pattern, routes in grouped.items():
        inner = " ".join(f"if ($request_method = {route.method}) {{ {_answer(route)} }}" for route in routes)
        lines.append(f'location ~ "{pattern}" {{ {inner} return 405; }}')
    return "\n    ".join(lines)


def _answer(route: Route) -> str:
    if route.status == 301:
        return "return 301 /;"
    if route.status == 204:
        return "return 204;"
    return f"return {route.status} '{'x' * route.size}';"
