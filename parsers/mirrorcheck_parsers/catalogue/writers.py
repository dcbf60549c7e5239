"""The programs that are known to write JSON or key=value lines of requests, one row of data each, as documented."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Writer:
    """A program, identified by plain names of its keys: it has `every` one of these and `some` of those.

    units: name of a duration -> the unit of its bare numbers. starts: names of times that are the request's start.
    unlike: names of keys that are not what they look like. source: where that is documented, in words.
    """

    name: str
    every: frozenset[str] = frozenset()
    some: frozenset[str] = frozenset()
    units: Mapping[str, str] = field(default_factory=dict)
    starts: frozenset[str] = frozenset()
    unlike: frozenset[str] = frozenset()
    source: str = ""

    def wrote(self, names: Collection[str]) -> bool:
        """Whether lines with these keys are of this program."""
        return self.every.issubset(names) and (not self.some or not self.some.isdisjoint(names))


_ENVOY: Final = frozenset({"response_flags", "upstream_cluster", "upstream_host"})
_NGINX: Final = frozenset({"time_local", "time_iso8601", "msec", "body_bytes_sent", "request_uri", "http_user_agent"})
_GO_DURATIONS: Final = ("duration", "latency", "elapsed", "took", "request_duration", "response_time", "dur")

# The first that fits wins.
WRITERS: Final = (
    Writer(
        "Envoy Gateway",
        every=frozenset({"start_time", "x_envoy_origin_path", "upstream_cluster"}),
        units={"duration": "ms"},
        source="the default JSON of access logs in Envoy Gateway 1.2's documentation; %DURATION% as below",
    ),
    Writer(
        "Istio",
        every=_ENVOY | {"start_time", "route_name", "requested_server_name", "downstream_local_address"},
        units={"duration": "ms"},
        source="Istio's telemetry_logging.go; %DURATION% of Envoy 1.36's documentation of access logs",
    ),
    Writer(
        "Contour",
        every=frozenset({"timestamp", "uber_trace_id", "upstream_host"}),
        units={"duration": "ms"},
        starts=frozenset({"timestamp"}),
        source="the default fields of JSON access logs in Contour 1.30's documentation: @timestamp is %START_TIME%",
    ),
    Writer(
        "Envoy",
        some=_ENVOY,
        units={"duration": "ms", "request_duration": "ms"},
        starts=frozenset({"timestamp", "time"}),
        source="%DURATION% and %START_TIME% of Envoy 1.36's documentation of access logs",
    ),
    Writer(
        "Traefik",
        some=frozenset({"downstream_status", "origin_status", "origin_duration", "start_utc", "entry_point_name"}),
        units={"duration": "ns", "origin_duration": "ns"},
        starts=frozenset({"start_utc", "start_local"}),
        source="the list of access log fields in Traefik 3's documentation: Duration is in nanoseconds",
    ),
    Writer(
        "Caddy",
        some=frozenset({"request_remote_ip", "request_client_ip", "request_remote_port"}),
        units={"duration": "s"},
        source="Caddy 2's documentation of the directive log: duration_format is seconds unless it is set",
    ),
    Writer(
        "Kong",
        some=frozenset({"latencies_kong", "latencies_proxy", "latencies_request"}),
        units={"latencies_request": "ms"},
        starts=frozenset({"started_at"}),
        source="the log format of Kong 3's plugins http-log and file-log: latencies and started_at in milliseconds",
    ),
    Writer(
        "APISIX",
        every=frozenset({"apisix_latency", "latency"}),
        units={"latency": "ms"},
        starts=frozenset({"start_time"}),
        source="the example of the plugin http-logger in APISIX 3's documentation",
    ),
    Writer(
        "Google Cloud load balancer",
        every=frozenset({"http_request_request_url"}),
        source="the type HttpRequest of Cloud Logging's reference: latency is a duration such as 3.5s",
    ),
    Writer(
        "Amazon API Gateway",
        some=frozenset({"request_time_epoch", "route_key", "resource_path"}),
        units={"response_latency": "ms", "integration_latency": "ms"},
        starts=frozenset({"request_time", "request_time_epoch"}),
        source="the context variables for access logging in API Gateway's documentation",
    ),
    Writer(
        "Echo",
        every=frozenset({"latency", "latency_human"}),
        units={"latency": "ns"},
        source="the default format of Echo 4's logger middleware",
    ),
    Writer(
        "pino",
        every=frozenset({"pid", "hostname", "level", "time"}),
        units={"response_time": "ms"},
        source="the example of pino-http 10's README: responseTime in milliseconds",
    ),
    Writer(
        "express-winston",
        every=frozenset({"meta_response_time"}),
        units={"response_time": "ms"},
        source="the README of express-winston 4",
    ),
    Writer(
        "Serilog",
        every=frozenset({"t", "request_path", "elapsed"}),
        units={"elapsed": "ms"},
        source="Serilog.AspNetCore's request logging: Elapsed in milliseconds",
    ),
    Writer(
        "lograge",
        every=frozenset({"controller", "action", "duration"}),
        units={"duration": "ms"},
        source="the README of lograge 0.14: duration in milliseconds, as Rails has it",
    ),
    Writer(
        "Logback access",
        every=frozenset({"requested_uri", "elapsed_time"}),
        units={"elapsed_time": "ms"},
        source="the access fields of logstash-logback-encoder 7's README",
    ),
    Writer(
        "Tomcat",
        every=frozenset({"logical_user_name", "host"}),
        # The client's, %h.
        unlike=frozenset({"host"}),
        source="JsonAccessLogValve in Tomcat 10.1's documentation of valves",
    ),
    Writer(
        "zap",
        every=frozenset({"level", "ts", "msg"}),
        units=dict.fromkeys(_GO_DURATIONS, "s"),
        source="zap 1.27's production configuration: SecondsDurationEncoder",
    ),
    Writer(
        "zerolog",
        every=frozenset({"level", "time", "message"}),
        units=dict.fromkeys(_GO_DURATIONS, "ms"),
        source="zerolog 1.33's README: DurationFieldUnit is a millisecond unless it is set",
    ),
    Writer(
        "ECS",
        every=frozenset({"event_duration"}),
        units={"event_duration": "ns"},
        source="the field event.duration of the Elastic Common Schema 8, in nanoseconds",
    ),
    Writer(
        "Go slog or logrus",
        every=frozenset({"level", "time", "msg"}),
        units=dict.fromkeys(_GO_DURATIONS, "ns"),
        source="Go 1.22's log/slog.JSONHandler, and encoding/json of a time.Duration: an integer of nanoseconds",
    ),
    Writer(
        "Heroku router",
        every=frozenset({"at", "dyno"}),
        source="Heroku's documentation of HTTP routing: connect and service with their unit",
    ),
    Writer(
        "nginx",
        some=_NGINX,
        units={"request_time": "s"},
        source="ngx_http_log_module and ngx_http_core_module of nginx 1.26: $request_time in seconds",
    ),
)
_UNKNOWN: Final = Writer("", units={"request_time": "s"}, source="nginx's variable, whose name others take over")


def find_writer(names: Collection[str]) -> Writer:
    """Give the program whose lines have keys of these plain names; one without a name where none is known."""
    return next((writer for writer in WRITERS if writer.wrote(names)), _UNKNOWN)
