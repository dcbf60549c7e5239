"""Nothing comes in; the scenarios go out with other traffic, other proxies, and clients of every kind."""

from tests.lab.scenario import Expected, Failures, Scenario


def beside() -> list[Scenario]:
    """List: direct traffic and probes on the shadow, and the gateway flavour."""
    return [
        Scenario("direct-sidecar", "120 direct requests and 20 probes", 700, (100,), 16, 100, direct=120, probes=20),
        Scenario(
            "direct-sidecar-50", "120 direct requests and 20 probes; 50 %", 700, (50,), 16, 100, direct=120, probes=20
        ),
        Scenario(
            "direct-gateway",
            "120 direct requests and 20 probes, XFF on all",
            700,
            (100,),
            16,
            100,
            "gateway",
            direct=120,
            probes=20,
        ),
        Scenario(
            "direct-gateway-50",
            "120 direct requests and 20 probes, XFF on all; 50 %",
            700,
            (50,),
            16,
            100,
            "gateway",
            direct=120,
            probes=20,
        ),
        Scenario("gateway-50", "gateway at 50 %", 1000, (50,), 1, flavour="gateway"),
        Scenario("gateway-50-c64", "gateway at 50 %, 64 at a time", 1000, (50,), 64, flavour="gateway"),
        Scenario("gateway-100-c64", "gateway at 100 %, 64 at a time", 1000, (100,), 64, flavour="gateway"),
        Scenario(
            "sidecars-50",
            "a gateway mirrors 50 %, a sidecar in front of each server",
            800,
            (50,),
            16,
            100,
            "gateway",
            server_sidecars="transparent",
        ),
        Scenario(
            "sidecars-appending-100",
            "a gateway, and before each server a sidecar that appends to X-Forwarded-For",
            600,
            (100,),
            16,
            100,
            "gateway",
            server_sidecars="appending",
        ),
        Scenario(
            "sidecars-appending-50",
            "a gateway, and before each server a sidecar that appends to X-Forwarded-For; 50 %",
            600,
            (50,),
            16,
            100,
            "gateway",
            server_sidecars="appending",
        ),
        Scenario(
            "two-proxies-50",
            "two sidecars mirror 50 % each, with addresses of their own",
            800,
            (50,),
            16,
            100,
            second_proxy=(50,),
        ),
        Scenario(
            "two-gateways-50",
            "two gateways mirror 50 % each; 100 direct requests",
            800,
            (50,),
            16,
            100,
            "gateway",
            second_proxy=(50,),
            direct=100,
        ),
        Scenario(
            "two-gateways-one-told",
            "one of two gateways mirrors everything, the other was not told to",
            800,
            (100,),
            16,
            100,
            "gateway",
            second_proxy=(),
            expected=Expected(missed=(0.4, 0.6)),
        ),
    ]


def clients() -> list[Scenario]:
    """List: clients that abort, send nonsense, carry XFF of their own, retry by themselves."""
    own = Failures(once=0.15, always=0.05)
    slow_answers = Failures(once=0.7, delay_s=0.3)
    made = [
        Scenario(
            "aborts-100", "a seventh of the clients go away", 600, (100,), 16, 100, failures=slow_answers, aborts=0.2
        ),
        Scenario(
            "aborts-50",
            "a seventh of the clients go away; 50 %",
            600,
            (50,),
            16,
            100,
            failures=slow_answers,
            aborts=0.2,
        ),
        Scenario("malformed", "nonsense to every port, headers too large", 600, (100,), 16, 100, malformed=40),
        Scenario("client-xff-sidecar", "clients send XFF of every form", 600, (100,), 16, client_xff=True),
        Scenario("client-xff-sidecar-50", "clients send XFF of every form; 50 %", 800, (50,), 16, client_xff=True),
        Scenario(
            "client-xff-gateway-50",
            "clients send XFF of every form; 50 %",
            800,
            (50,),
            16,
            flavour="gateway",
            client_xff=True,
        ),
    ]
    made.append(
        Scenario(
            "client-xff-gateway-100",
            "clients send XFF of every form",
            600,
            (100,),
            16,
            flavour="gateway",
            client_xff=True,
        )
    )
    made.append(Scenario("bodies-100", "bodies of up to 2 MB", 500, (100,), 8, 50, body_bytes=(100_000, 2_000_000)))
    made.append(Scenario("bodies-50", "bodies of up to 2 MB; 50 %", 500, (50,), 8, 50, body_bytes=(100_000, 2_000_000)))
    made += [
        Scenario(
            f"client-retries-{share:g}",
            f"clients retry after a 503; {share:g} %",
            700,
            (share,),
            16,
            100,
            failures=own,
            client_retries=2,
        )
        for share in (100.0, 50.0)
    ]
    return made


SCENARIOS: tuple[Scenario, ...] = tuple(beside() + clients())
