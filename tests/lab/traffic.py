"""A scenario and a seed come in; the requests to send go out, and what v1 and v2 answer to them."""

import random
import uuid
from dataclasses import dataclass, replace

from tests.lab.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Route:
    """What the shop answers: `pattern` is a regular expression over the path, `size` the body's bytes."""

    method: str
    pattern: str
    status: int
    size: int


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the plan; `fail` and `v2_delay_s` travel as x-lab headers."""

    method: str
    target: str
    agent: str | None
    referer: str | None
    xff: str | None
    fail: str | None
    v2_delay_s: float | None
    v2_fail: bool
    aborted: bool
    body_bytes: int = 9


ROUTES = (
    Route("POST", "^/api/cart/items$", 201, 17),
    Route("POST", "^/api/orders$", 201, 17),
    Route("PUT", "^/api/profile$", 200, 46),
    Route("DELETE", "^/api/cart/items/", 204, 0),
    Route("PATCH", "^/api/orders/", 200, 48),
    Route("OPTIONS", "^/api/orders$", 200, 0),
    Route("GET", "^/api/orders/", 200, 59),
    Route("GET", "^/api/products/", 200, 50),
    Route("GET", "^/api/products$", 200, 53),
    Route("GET", "^/api/cart$", 200, 43),
    Route("GET", "^/api/search$", 200, 78),
    Route("GET", "^/api/logout$", 204, 0),
    Route("GET", "^/static/", 200, 28),
    Route("GET", "^/healthz$", 200, 2),
    Route("GET", "^/old$", 301, 169),
    Route("GET", "^/$", 200, 181),
    Route("HEAD", "^/$", 200, 0),
)

# Counted in the recordings the project began with, a thousand lines.
_MIX = {
    "GET /api/products/{product}": 175,
    "GET /api/products?page={page}": 169,
    "GET /": 140,
    "GET /api/cart": 102,
    "POST /api/cart/items": 77,
    "GET /static/app.{chunk}.js": 68,
    "GET /api/orders/{order}": 50,
    "GET /favicon.ico": 38,
    "POST /api/orders": 36,
    "PUT /api/profile": 34,
    "GET /api/search?q=caf%C3%A9%20{product}noir&sort=asc": 28,
    "DELETE /api/cart/items/{product}": 26,
    "GET /old": 17,
    "OPTIONS /api/orders": 14,
    "PATCH /api/orders/{order}": 11,
    "HEAD /": 9,
    "GET /api/logout": 6,
}
_AGENTS: dict[str | None, int] = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36": 287,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1": 219,
    "okhttp/4.12.0": 145,
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0": 103,
    "python-requests/2.32.3": 87,
    "Go-http-client/1.1": 83,
    "curl/8.5.0": 61,
    None: 15,
}
_CLIENT_XFF = (
    None,
    "203.0.113.7",
    "203.0.113.7, 198.51.100.9",
    "203.0.113.7,198.51.100.9",
    "203.0.113.7,",
    "unknown",
    "2001:db8::1",
    "10.1.2.3:4711",
    "192.0.2.2",
    "",
)


def plan(scenario: Scenario, seed: int, count: int) -> list[Call]:
    """Draw `count` requests; the same scenario and seed give the same ones."""
    rng = random.Random(f"{scenario.name} {seed} {count}")
    return [_draw(scenario, rng) for _ in range(count)]


def _draw(scenario: Scenario, rng: random.Random) -> Call:
    """Draw one request, its failures and delays included."""
    method, target = _draw_target(rng) if scenario.mix == "shop" else ("GET", "/api/cart")
    failures = scenario.failures
    luck = rng.random()
    fail = "once" if luck < failures.once else "always" if luck < failures.once + failures.always else None
    call = Call(method, target, "okhttp/4.12.0", None, None, fail, None, v2_fail=False, aborted=False)
    if scenario.mix == "shop":
        referer = "https://shop.example.com/" if rng.random() < 0.29 else None
        call = replace(call, agent=rng.choices(list(_AGENTS), list(_AGENTS.values()))[0], referer=referer)
    if scenario.client_xff:
        call = replace(call, xff=rng.choice(_CLIENT_XFF))
    if scenario.v2_delay_s:
        call = replace(call, v2_delay_s=rng.uniform(*scenario.v2_delay_s))
    if scenario.body_bytes:
        call = replace(call, body_bytes=rng.randint(*scenario.body_bytes))
    return replace(call, v2_fail=rng.random() < scenario.v2_failing, aborted=rng.random() < scenario.aborts)


def _draw_target(rng: random.Random) -> tuple[str, str]:
    """Draw a method and a raw target from _MIX: few hot products and pages, orders nobody asked for before."""
    shape = rng.choices(list(_MIX), list(_MIX.values()))[0]
    target = shape.format(
        product=min(1 + int(rng.paretovariate(0.6)), 40),
        page=min(int(rng.paretovariate(1.0)), 9),
        chunk=rng.randint(1, 14),
        order=str(uuid.UUID(int=rng.getrandbits(128)))[:13],
    )
    method, _, path = target.partition(" ")
    return method, path
