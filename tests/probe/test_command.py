"""`mirrorcheck probe` against a service on loopback."""

import json
import os
import re
import shlex
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from tests.measured import measured
from tests.probe.mesh import Service, serve
from tests.program import Ran, call

BIN = Path(sys.executable).parent
AGENT = re.compile(r"mirrorcheck-probe/1 \(([0-9a-z]{6}); ([0-9]+)\)")
ENVIRONMENT = {
    "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    "COLUMNS": "80",
    "NO_COLOR": "1",
    "LC_ALL": "C.UTF-8",
}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service that mirrors everything."""
    with serve(Service(tmp_path)) as running:
        yield running


def probe(service: Service, *words: str, path: str = "/") -> Ran:
    """Probe a service, quickly."""
    return call(service.folder, "probe", service.url + path, "--rate", "500", *words, COLUMNS="80")


def numbers(service: Service) -> list[int]:
    """The numbers of the probes that arrived, in their order."""
    return [int(found[2]) for agent in service.agents if (found := AGENT.fullmatch(agent))]


def test_every_number_once(service: Service) -> None:
    """All requests of a run arrive under one name and numbers of their own, with paths in turns and the headers."""
    told = probe(service, "--count", "7", "--path", "/a?x=1", "--path", "/b", "-H", "Host: shop", "-X", "head")
    assert (told.status, told.err.count("\n")) == (0, 1)
    assert sorted(numbers(service)) == [1, 2, 3, 4, 5, 6, 7]
    assert len({agent.partition(";")[0] for agent in service.agents}) == 1
    by_number = dict(zip(numbers(service), service.asked, strict=True))
    assert {number: request.path_qs for number, request in by_number.items()} == {
        number: "/a?x=1" if number % 2 else "/b" for number in range(1, 8)
    }
    assert {(request.method, request.host) for request in service.asked} == {("HEAD", "shop")}


def test_answers_are_counted_as_they_are(service: Service) -> None:
    """No redirect is followed and no cookie kept, and every status counts as an answer."""
    service.answer = lambda request: web.Response(
        status=302 if request.path == "/" else 503, headers={"Location": "/other", "Set-Cookie": "pod=a; Path=/"}
    )
    told = probe(service, "--count", "10", "--rate", "20", "--path", "/", "--path", "/no", "--json")
    assert json.loads(told.out)["answered"] == {"302": 5, "503": 5}
    assert {request.path for request in service.asked} == {"/", "/no"}
    assert not any("Cookie" in request.headers for request in service.asked)


def test_the_saved_run(service: Service) -> None:
    """The document says what was sent, when, and what became of it; the password of the URL is not in it."""
    service.url = service.url.replace("http://", "http://ann:secret@")
    assert probe(service, "--count", "3", "--save", "run.json").status == 0
    text = (service.folder / "run.json").read_text()
    document = json.loads(text)
    assert "secret" not in text
    assert all("Authorization" in request.headers for request in service.asked)
    assert list(document) == ["schema", "run", "url", "sender", "count", "sent", "answered", "failed", "first", "last"]
    assert (document["schema"], document["count"], document["sent"]) == ("mirrorcheck.probe/1", 3, 3)
    assert document["first"] < document["last"]
    assert document["run"] in service.agents[0]


@pytest.mark.unmeasured
def test_the_printed_command_judges(service: Service) -> None:
    """What is printed at the end can be run as it is, and knows how many probes there were."""
    told = probe(service, "--count", "300", "--timeout", "60s", "--save", "a run.json")
    printed = told.out.splitlines()[-1]
    assert printed.startswith("mirrorcheck assert --primary v1.log --shadow v2.log --probe ")
    judged = call(service.folder, *shlex.split(printed)[1:])
    assert (judged.status, judged.err) == (0, "")
    assert "300 of 300 copied" in judged.out


@pytest.mark.parametrize("word", ["POST", "delete"])
def test_writes_need_a_word(service: Service, word: str) -> None:
    """A method that may change something is refused in one line that says why, and sent where it is allowed."""
    refused = probe(service, "--method", word)
    assert (refused.status, refused.err.count("\n"), service.asked) == (2, 1, [])
    assert "done twice" in refused.err
    assert "--yes-mirror-writes" in refused.err
    assert probe(service, "--method", word, "--yes-mirror-writes", "--count", "2").status == 0
    assert [request.method for request in service.asked] == [word.upper()] * 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["ftp://target/"], "'ftp://target/' is no URL"),
        (["http:///path"], "is no URL"),
        (["http://target:99999/"], "is no URL"),
        (["http://target/\x1b[2J"], r"is no URL"),
        (["http://target/", "--count", "0"], "--count 0 is out of range"),
        (["http://target/", "--rate", "fast"], "--rate fast is no rate"),
        (["http://target/", "--rate", "0"], "--rate 0 is no rate"),
        (["http://target/", "--path", "a"], "--path 'a' is no path"),
        (["http://target/", "--path", "/a b"], "percent-encoded"),
        (["http://target/", "-H", "Host"], "--header 'Host' is no header"),
        (["http://target/", "-H", "A: b\r\nC: d"], "is no header"),
        (["http://target/", "-H", "user-agent: me"], "it identifies the probes"),
        (["http://target/", "--cacert", "no.pem"], "--cacert no.pem is no file"),
        (["http://target/", "--expect", "100"], "no logs to check"),
        (["http://target/", "--primary", "v1.log"], "no --shadow is given"),
        (["http://target/", "--max-time", "soon"], "--max-time soon is not a duration"),
    ],
)
def test_what_cannot_be_sent(tmp_path: Path, words: list[str], told: str) -> None:
    """Wrong usage ends in one line before anything is sent."""
    (tmp_path / "v1.log").touch()
    found = call(tmp_path, "probe", *words)
    assert (found.status, found.out, found.err.count("\n")) == (2, "", 1)
    assert told in found.err
    assert "\x1b" not in found.err


def test_nothing_answers(tmp_path: Path) -> None:
    """Where nobody listens, the run is told with its reason, and the status says that nothing was probed."""
    with serve(Service(tmp_path)) as service:
        pass
    told = probe(service, "--count", "3", "--save", "run.json")
    assert told.status == 2
    assert "3: connection refused" in told.out
    assert "nothing answered at http://127.0.0.1" in told.err
    assert json.loads((tmp_path / "run.json").read_text())["failed"] == {"connection refused": 3}


def test_slow_answers_are_given_up(service: Service) -> None:
    """An answer that takes too long is a failure with that reason, though the request has arrived."""
    service.think_s = 30
    told = json.loads(probe(service, "--count", "3", "--max-time", "200ms", "--json").out)
    assert (told["sent"], told["answered"], told["failed"]) == (3, {}, {"no answer within 0.2 s": 3})


def test_interrupted(service: Service) -> None:
    """Ctrl-C sends no more, waits for what is under way, tells and saves the run so far, and exits with 130."""
    command = [
        str(BIN / "mirrorcheck"),
        "probe",
        service.url,
        "--rate",
        "20",
        "--count",
        "100000",
        "--save",
        "run.json",
    ]
    with subprocess.Popen(
        command,
        env=ENVIRONMENT | measured(),
        cwd=service.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            while len(service.asked) < 3:
                assert process.poll() is None
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=180)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "Traceback" not in err
    document = json.loads((service.folder / "run.json").read_text())
    assert 3 <= document["sent"] == document["answered"]["200"] == len(service.asked) < 100000
    assert f"{document['sent']:,} of 100,000 requests sent" in out


def test_certificates(tmp_path: Path) -> None:
    """An unknown authority is a failure that says so; a file or -k makes it known."""
    authority, encryption = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(encryption)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with serve(Service(tmp_path), encryption) as service:
        refused = probe(service, "--count", "2")
        assert refused.status == 2
        assert "2: TLS: unable to get local issuer certificate" in refused.out
        assert probe(service, "--count", "2", "--cacert", "ca.pem").status == 0
        assert probe(service, "--count", "2", "-k").status == 0
        assert len(service.asked) == 4


@pytest.mark.unmeasured
def test_judged_at_once(service: Service) -> None:
    """With logs it waits for the copies, no longer than they take, and judges the run by the checks."""
    service.lag_s = 1
    (service.folder / "v1.log").write_text("")
    told = probe(
        service, "--count", "299", *service.logs, "--timeout", "10m", "--expect", "100", "--max-duplicates", "0"
    )
    assert told.status == 0, told.err
    assert "299 of 299 copied" in told.out


def test_judged_after_the_patience(service: Service) -> None:
    """What has no copy by then is missed, to the last number, and what came twice is told.

    An analysis that does not know how long the logs were read takes the last copies for being under way.
    """
    service.lag_s = 1.2
    service.copies = lambda number: (0, 1, 2)[number % 3] if number <= 20 else 0
    told = probe(service, "--count", "30", "--rate", "20", *service.logs, "--timeout", "4s", "--save", "run.json")
    assert told.status == 0
    assert "30 of 30 seen by the primary, 7 copied once, 7 copied more than once, 16 not copied" in " ".join(
        told.out.split()
    )
    assert "originals     30 = 14 paired + 16 missed" in told.out
    assert "21 = 14 paired + 7 duplicate" in told.out
    unaware = call(service.folder, "analyze", "--primary", "v1.log", "--shadow", "v2.log", "--probe", "run.json")
    assert "unobserved" in unaware.out
    words = ["--primary", "v1.log", "--shadow", "v2.log", "--probe", "run.json", "--expect", "100"]
    assert call(service.folder, "assert", *words).status == 1


def test_verdicts_as_json(service: Service) -> None:
    """--json leaves one document on standard output: the verdicts."""
    told = probe(service, "--count", "20", *service.logs, "--max-missed", "0", "--json")
    assert json.loads(told.out)["verdict"] == "pass"
