"""Nothing comes in; the scenarios go out in which the primary fails, and those in which the shadow is late."""

from dataclasses import replace

from tests.lab.scenario import Clock, Event, Expected, Failures, Retries, Scenario

_OUTAGE = (Event(2.0, "v2 stop"), Event(3.5, "v2 start"))
_RETRIED = Failures(once=0.2, always=0.1)
_TIMED_OUT = Failures(once=0.15, always=0.05, delay_s=0.6)
_PER_TRY = Retries(on="5xx,reset", times=2, per_try_timeout_s=0.15)
_CLOCKS = (Clock("v1-a", 0.4), Clock("v1-b", -2.6), Clock("v1-c", 1.7), Clock("v2-a", 3.0), Clock("v2-b", -1.2))


def retried() -> list[Scenario]:
    """List: retries of the primary by the proxy, on 5xx and on per-try timeouts."""
    about = "v1: 20 % answer 503 once, 10 % always; 2 retries"
    late = "v1: 15 % hang once, 5 % always; per-try timeout 150 ms, 2 retries"
    made = [
        Scenario("retried-100", about, 500, failures=_RETRIED, retries=Retries()),
        Scenario("retried-100-c32", about, 1000, concurrency=32, failures=_RETRIED, retries=Retries()),
        Scenario("retried-50", f"{about}; mirrored at 50 %", 800, (50,), failures=_RETRIED, retries=Retries()),
        Scenario("retried-50-c32", f"{about}; 50 %", 1000, (50,), 32, failures=_RETRIED, retries=Retries()),
        Scenario(
            "retried-50-slow", f"{about}; 50 %, 30 a second", 750, (50,), 16, 30, failures=_RETRIED, retries=Retries()
        ),
        Scenario(
            "retried-outage",
            f"{about}; the shadow away for 1.5 s",
            900,
            (100,),
            16,
            150,
            failures=_RETRIED,
            retries=Retries(),
            events=_OUTAGE,
        ),
        Scenario("timeouts-100", late, 600, (100,), 16, 60, failures=_TIMED_OUT, retries=_PER_TRY),
        Scenario("timeouts-50", f"{late}; mirrored at 50 %", 600, (50,), 16, 60, failures=_TIMED_OUT, retries=_PER_TRY),
    ]
    away = Expected(missed=(0.05, 0.6), retries=True)
    return [replace(each, expected=away if each.events else Expected(retries=True)) for each in made]


def mixed() -> list[Scenario]:
    """List: failures beside other troubles, and controls in which failures are never retried."""
    failing = "v1: 20 % answer 503 once, 10 % always"
    made = [
        Scenario("failing-100", f"{failing}; nobody retries", 800, (100,), 8, 100, failures=_RETRIED),
        Scenario("failing-50", f"{failing}; nobody retries; 50 %", 800, (50,), 8, 100, failures=_RETRIED),
        Scenario("failing-50-fast", f"{failing}; nobody retries; 50 %", 1000, (50,), 32, failures=_RETRIED),
        Scenario(
            "retried-two-policies",
            f"{failing}; 2 retries; 50 % and 50 %",
            800,
            (50, 50),
            8,
            100,
            failures=_RETRIED,
            retries=Retries(),
        ),
        Scenario(
            "retried-hot-100",
            f"{failing}; 2 retries; one URL",
            600,
            (100,),
            8,
            60,
            mix="hot",
            failures=_RETRIED,
            retries=Retries(),
        ),
        Scenario(
            "retried-hot-50",
            f"{failing}; 2 retries; one URL; 50 %",
            600,
            (50,),
            8,
            60,
            mix="hot",
            failures=_RETRIED,
            retries=Retries(),
        ),
        Scenario(
            "retried-slow-shadow-50",
            f"{failing}; 2 retries; v2 takes 50 ms to 2.5 s; 50 %",
            800,
            (50,),
            32,
            60,
            failures=_RETRIED,
            retries=Retries(),
            v2_delay_s=(0.05, 2.5),
        ),
        Scenario(
            "retried-gateway-50",
            f"{failing}; 2 retries; gateway; 50 %",
            800,
            (50,),
            16,
            80,
            "gateway",
            failures=_RETRIED,
            retries=Retries(),
        ),
        Scenario(
            "retried-pods-50",
            f"{failing}; 2 retries; 3 + 2 pods, clocks off; 50 %",
            1000,
            (50,),
            16,
            60,
            failures=_RETRIED,
            retries=Retries(),
            v1_pods=3,
            v2_pods=2,
            clocks=_CLOCKS,
        ),
    ]
    again = Expected(retries=True)
    both = Expected(retries=True, duplicates=True)
    return [
        each if each.retries is None else replace(each, expected=both if len(each.policies) == 2 else again)
        for each in made
    ]


def slow_shadow() -> list[Scenario]:
    """List: a shadow that answers late, or not for a while, or within limits only."""
    late = (0.05, 2.5)
    frozen = (Event(3.0, "v2 freeze"), Event(8.0, "v2 thaw"))
    return [
        Scenario("shadow-slow-100", "v2 takes 50 ms to 2.5 s", 700, (100,), 64, 100, v2_delay_s=late),
        Scenario("shadow-slow-50", "v2 takes 50 ms to 2.5 s; 50 %", 700, (50,), 64, 100, v2_delay_s=late),
        Scenario(
            "shadow-slow-50-gentle", "v2 takes 50 ms to 2.5 s; 50 %, 25 a second", 600, (50,), 64, 25, v2_delay_s=late
        ),
        Scenario("shadow-frozen", "v2 frozen for 5 s", 720, (100,), 16, 60, events=frozen),
        Scenario("shadow-frozen-50", "v2 frozen for 5 s; 50 %", 720, (50,), 16, 60, events=frozen),
        Scenario(
            "shadow-limited",
            "circuit breaker on v2: 8 at once",
            800,
            (100,),
            64,
            100,
            v2_delay_s=(0.05, 0.4),
            v2_limit=8,
            expected=Expected(missed=(0.01, 0.9)),
        ),
        Scenario("shadow-failing", "v2 answers 503 to 20 %", 600, (100,), 16, 150, v2_failing=0.2),
        Scenario("shadow-rate-limited", "v2 sends 100 bytes a second", 500, (100,), 64, 50, v2_bytes_a_second=100),
        Scenario(
            "shadow-rate-limited-50", "v2 sends 100 bytes a second; 50 %", 500, (50,), 64, 50, v2_bytes_a_second=100
        ),
    ]


SCENARIOS: tuple[Scenario, ...] = tuple(retried() + mixed() + slow_shadow())
