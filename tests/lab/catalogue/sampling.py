"""Nothing comes in; the scenarios go out in which a share is copied or logs are written otherwise."""

from dataclasses import replace

from tests.lab.scenario import Expected, Scenario

_PACE = 350
"""Requests a second of the recordings the project began with."""


def sampled() -> list[Scenario]:
    """List: one policy that samples, one request at a time (paced and not), 64 at a time, and gently."""
    made = []
    for share in (100.0, 50.0, 10.0, 0.5):
        name, about = f"sampled-{share:g}", f"one policy at {share:g} %"
        made += [
            Scenario(f"{name}-c1", f"{about}, one at a time, paced", 1000, (share,), 1, _PACE),
            Scenario(f"{name}-c64", f"{about}, 64 at a time", 1500, (share,), 64),
        ]
    made += [
        Scenario("sampled-50-c1-fast", "one policy at 50 %, one at a time, full speed", 1500, (50,), 1),
        Scenario("sampled-50-slow", "one policy at 50 %, 40 requests a second", 1000, (50,), 16, 40),
        Scenario("sampled-10-slow", "one policy at 10 %, 25 requests a second", 500, (10,), 16, 25),
    ]
    return made


def two_policies() -> list[Scenario]:
    """List: two policies that feed one shadow; they share one draw."""
    made = []
    for first, second in ((50, 50), (100, 50), (70, 30)):
        name, about = f"two-policies-{first}-{second}", f"two policies to one shadow, {first} % and {second} %"
        made += [
            Scenario(f"{name}-c1", f"{about}, paced", 800, (first, second), 1, _PACE),
            Scenario(f"{name}-c32", f"{about}, 32 at a time", 1000, (first, second), 32),
        ]
    return [replace(each, expected=Expected(duplicates=True)) for each in made]


def hot() -> list[Scenario]:
    """List: one URL, one agent, as fast as it goes."""
    made = []
    for policies in ((100.0,), (50.0,), (50.0, 50.0)):
        name = "-".join(f"{share:g}" for share in policies)
        about = f"one hot URL, one agent, at {name} %"
        made += [
            Scenario(f"hot-{name}-c1", about, 800, policies, 1, mix="hot"),
            Scenario(f"hot-{name}-c32", f"{about}, 32 at a time", 1200, policies, 32, mix="hot"),
        ]
    made.append(Scenario("hot-50-slow", "one hot URL at 50 %, 20 a second", 400, (50.0,), 8, 20, mix="hot"))
    twice = Expected(duplicates=True)
    return [replace(each, expected=twice) if len(each.policies) == 2 else each for each in made]


def files() -> list[Scenario]:
    """List: logs written by several workers through a buffer, in another zone, by a shadow cut off by the timeout."""
    return [
        Scenario("buffered-100", "4 workers a pod, buffer=8k flush=1s", 1500, (100,), 64, 400, workers=4),
        Scenario("buffered-50", "4 workers a pod, buffer=8k flush=1s; 50 %", 1500, (50,), 64, 400, workers=4),
        Scenario("zone-50", "v2 logs in Asia/Kolkata; 50 %", 600, (50,), 16, 100, v2_zone="Asia/Kolkata"),
        Scenario(
            "shadow-timeout",
            "v2 takes 50 ms to 1.5 s, the route 0.6 s",
            700,
            (100,),
            32,
            100,
            v2_delay_s=(0.05, 1.5),
            route_timeout_s=0.6,
        ),
        Scenario("shadow-very-slow-50", "v2 takes up to 9 s; 50 %", 700, (50,), 32, 60, v2_delay_s=(0.05, 9.0)),
        Scenario("shadow-very-slow-100", "v2 takes up to 9 s", 700, (100,), 32, 60, v2_delay_s=(0.05, 9.0)),
    ]


SCENARIOS: tuple[Scenario, ...] = tuple(sampled() + two_policies() + hot() + files())
