"""What is no record is foreign only if nothing in it could be a request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorcheck_parsers import KNOWN, LAYERS, Format, Parser, compile_format, detect
from mirrorcheck_parsers.catalogue.known import PROGRAMS, SAMPLES
from mirrorcheck_parsers.exact.requestlike import RequestLike

FORMATS = {format.name: format for format in KNOWN}

CHATTER = r"""
2026-11-22T10:00:00.011742Z	info	FLAG: --concurrency="2"
discoveryAddress: istiod.istio-system.svc:15012
2026-11-22T10:00:00.211742Z	info	Proxy role	ips=[192.0.2.15] type=sidecar id=target-v1.shop
[2026-11-22 10:00:00 +0000] [1] [INFO] Listening at: http://0.0.0.0:8000 (1)
I1122 10:00:00.000000       1 main.go:104] Starting controller version 1.2.3
E1122 10:00:00.000000 1 reflector.go:138] Failed to watch: Get "https://192.0.2.1:443/api/v1/pods?limit=500": refused
[2026-11-22 10:00:00.000][1][info][main] [source/server/server.cc:404] initializing epoch 0
[2026-11-22T10:00:00.000Z][1][info][main] starting main dispatch loop
NGINX Ingress controller
2026-11-22 10:00:00.123  INFO 1 --- [      main] o.s.b.w.embedded.tomcat : Tomcat initialized with port 8080 (http)
10:00:00.123 [main] INFO  org.eclipse.jetty.server.Server - jetty-11.0.15
10:00:00 INFO starting
INFO: Started ServerConnector@1b2c3d{HTTP/1.1, (http/1.1)}{0.0.0.0:8080}
22-Nov-2026 10:00:00.123 INFO [main] org.apache.coyote.AbstractProtocol.start Starting ["http-nio-8080"]
	at org.springframework.boot.SpringApplication.run(SpringApplication.java:303)
2026/11/22 10:00:00 listening on :8080
time=2026-11-22T10:00:00.000Z level=INFO msg="server started" addr=:8080
{"level":"info","ts":1795341600.123,"logger":"admin","msg":"admin endpoint started","address":"localhost:2019"}
{"level":"info","ts":1795341600.123,"caller":"main.go:1","msg":"config loaded","path":"/etc/app.yaml"}
{"@timestamp":"2026-11-22T10:00:00.123Z","@version":"1","message":"Started App","logger_name":"a.b","level":"INFO"}
2026-11-22T10:00:00.123Z	INFO	setup	starting manager	{"version": "1"}
INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)
  File "/app/main.py", line 10, in <module>
    at Object.<anonymous> (/app/server.js:10:5)
[GIN-debug] GET    /ping                     --> main.main.func1 (3 handlers)
>> (hello) GET /hello/<name>
[Nest] 1  - 11/22/2026, 10:00:00 AM     LOG [RouterExplorer] Mapped {/cats, GET} route +1ms
Using HTTP/2 with prior knowledge
INFO server HTTP/1.1 is on
[Sun Nov 22 10:00:00.123456 2026] [mpm_event:notice] [pid 1:tid 140] AH00489: Apache/2.4.58 (Unix) configured
[22-Nov-2026 10:00:00] NOTICE: fpm is running, pid 1
Access-Control-Allow-Methods: GET, POST
can't open "foo
""".strip("\n").splitlines()

REQUESTS = r"""
1" 200 12 "-" "curl/8" "-"
/a HTTP/1.1" 200 12 "-" "curl/8"
GET /foo 200 3.2 ms - 12
[GIN] 2026/11/22 - 10:00:00 | 200 |     1.2ms |        10.0.0.1 | GET      "/a"
INFO:     10.0.0.1:1234 - "GET /a HTTP/1.1" 200 OK
level=info msg=request method=GET path=/a status=200
I1122 10:00:00.0 1 httplog.go:132] "HTTP" verb="GET" URI="/healthz" latency="1ms"
{"level":"info","ts":1.0,"logger":"http.log.access","msg":"handled request","request":{"method":"GET","uri":"/a"}}
{"start_time":"2026-11-22T10:00:00.123Z","response_code":400,"user_agent":"x","bytes_sent":0}
{"message":"{\"method\":\"GET\",\"path\":\"/a\"}"}
{"log":"10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] \"GET /a HTTP/1.1\" 200"}
haproxy[14]: 10.0.0.1:33317 [06/Feb/2026:12:14:14.655] http-in static/srv1 400 2750 - - ---- "<BADREQ>"
PURGE * HTTP/1.1 from 10.0.0.1
""".strip("\n").splitlines()


@pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS.keys())
def test_other_programs_lines_are_foreign(format: Format) -> None:
    """What proxies, servers and applications say of themselves is no request in any known format."""
    told = RequestLike(format)
    assert not [line for line in CHATTER if told.includes(line.encode())]


@pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS.keys())
def test_requests_of_any_format_are_none(format: Format) -> None:
    """A request that some program logged is request-like for every format, and so is what is left of one."""
    told = RequestLike(format)
    assert not [line for line in REQUESTS if not told.includes(line.encode())]


@pytest.mark.parametrize(("name", "least"), [(program.name, 10) for program in PROGRAMS])
def test_a_line_cut_anywhere_is_not_foreign(name: str, least: int) -> None:
    """Of a log's own line any beginning that shows whose it is, is request-like."""
    told, line = RequestLike(FORMATS[name]), SAMPLES[name].encode()
    if name.startswith(("Apache vhost", "werkzeug through", "Django", "gunicorn on", "uvicorn", "AWS")):
        # These begin with what others begin with, too: only their time and what is behind it tells.
        least = line.find(b"GET ") + len(b"GET http://")
    least = 20 if name.endswith("JSON") else least
    assert not [line[:size] for size in range(least, len(line)) if not told.includes(line[:size])]


HEADERS = st.binary(max_size=40).map(lambda text: text.replace(b"\n", b" ").replace(b"\r", b" "))


@given(xff=HEADERS, agent=HEADERS, target=HEADERS, method=st.sampled_from([b"GET", b"FOO", b'"', b"", b"get"]))
def test_no_client_can_make_its_request_foreign(xff: bytes, agent: bytes, target: bytes, method: bytes) -> None:
    """Whatever headers, target and method a client sends to Istio, which escapes nothing, its line is never foreign."""
    line = SAMPLES["Istio text"].encode()
    line = (
        line.replace(b'2 "-"', b'2 "' + xff + b'"').replace(b"curl/8", agent).replace(b"GET /a", method + b" " + target)
    )
    batch = Parser(FORMATS["Istio text"]).feed(line + b"\n" + line + b"\n")
    assert batch.foreign == 0


@pytest.mark.parametrize(
    ("template", "line", "expected"),
    [
        ("$time_iso8601 $request_method $request_uri $status", "2026-11-22T10:00:00+00:00 GET", True),
        ("$time_iso8601 $request_method $request_uri $status", "2026-11-22T10:00:00+00:00 starting up now", False),
        ("$host $remote_addr [$time_local] $request_uri", "shop 10.0.0.1 [22/Nov/2026:10:00:00 +0000]", True),
        ("[$time_local] $request_uri $status", "[22/Nov", True),
        ("[$time_local] $request_uri $status", "[main] starting", False),
    ],
)
def test_the_head_of_a_given_format(template: str, line: str, expected: bool) -> None:  # noqa: FBT001
    """A stamp alone shows nothing; with an address, or a method behind it, it shows a line of the log."""
    assert RequestLike(compile_format(template)).includes(line.encode()) is expected


def test_a_foreign_line_swallows_no_request() -> None:
    """A foreign line that leaves a quote open is not joined with what follows."""
    text = b"can't open \"foo\n" + SAMPLES["nginx main"].encode() + b'\nbar"\n'
    batch = Parser(FORMATS["nginx main"]).feed(text)
    assert (batch.parsed, batch.foreign, batch.unparsed, batch.rejoined) == (1, 2, 0, 0)
    assert [(sample.line, sample.text) for sample in batch.foreign_samples] == [(1, b"can't open \"foo"), (3, b'bar"')]


def test_an_open_brace_swallows_no_request() -> None:
    """A program that prints an object, or only its beginning, leaves the requests that follow alone."""
    json, dump = SAMPLES["Istio JSON"].encode() + b"\n", b'{\n  "a": 1\n}\n'
    for before in (b"{\n", b"[\n  {\n", b"{\n  'port': 3000,\n}\n", b"  {\n", b'{\n"a": 1,\n'):
        text = dump + before + json * 5 + before[:-2].replace(b"{", b"}") + b"}\n" + json * 5
        found = detect(text).format
        assert found
        assert found.layers == LAYERS[:1]  # objects in several lines
        for size in (len(text), 100):
            parser = Parser(found)
            chunks = [text[place : place + size] for place in range(0, len(text), size)]
            batches = [*map(parser.feed, chunks), parser.flush()]
            assert sum(batch.parsed for batch in batches) == 10


@pytest.mark.parametrize("text", [b"GET ", b'"', b"/", b" HTTP/1", b"[2026", b"1.1.", b"a:1", b"- ", b'{"a":', b"A"])
def test_long_lines_are_looked_at_once(text: bytes) -> None:
    """Time grows with a line's length and no faster."""
    told = RequestLike(FORMATS["nginx main"])
    told.includes(text * 100_000)
