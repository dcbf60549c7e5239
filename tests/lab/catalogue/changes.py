"""Nothing comes in; the scenarios go out in which mirroring, the servers or their clocks change."""

from dataclasses import replace

from tests.lab.scenario import Clock, Event, Expected, Scenario

_AWAY = Expected(missed=(0.05, 0.7))
_REFUSED = Expected(orphans=True)
_CLOCKS = (Clock("v1-a", 0.4), Clock("v1-b", -2.6), Clock("v1-c", 1.7), Clock("v2-a", 3.0), Clock("v2-b", -1.2))


def away() -> list[Scenario]:
    """List: a shadow that goes away and comes back, and a primary that does."""
    restarted = (Event(2.0, "v2 stop"), Event(3.5, "v2 start"))
    killed = (Event(2.0, "v2 kill"), Event(3.5, "v2 start"))
    refusing = (Event(2.0, "v1 stop"), Event(3.2, "v1 start"))
    drained = (Event(2.0, "v2 drain"), Event(3.5, "v2 start"))
    made = [
        Scenario("shadow-restarted", "v2 stopped for 1.5 s", 750, (100,), 16, 150, events=restarted),
        Scenario("shadow-restarted-50", "v2 stopped for 1.5 s; 50 %", 750, (50,), 16, 150, events=restarted),
        Scenario("shadow-killed", "v2 killed, back after 1.5 s", 750, (100,), 16, 150, events=killed),
        Scenario("shadow-gone", "v2 stopped for good after 3 s", 750, (100,), 16, 150, events=(Event(3.0, "v2 stop"),)),
        Scenario("primary-refusing", "v1 away for 1.2 s", 750, (100,), 16, 150, events=refusing),
        Scenario("primary-refusing-50", "v1 away for 1.2 s; 50 %", 750, (50,), 16, 150, events=refusing),
        Scenario(
            "shadow-drained",
            "v2 told to finish (SIGQUIT), back after 1.5 s; it takes 50 to 400 ms",
            750,
            (100,),
            64,
            150,
            v2_delay_s=(0.05, 0.4),
            events=drained,
        ),
    ]
    return [replace(each, expected=_AWAY if each.events[0].changes_ratio else _REFUSED) for each in made]


def switched() -> list[Scenario]:
    """List: mirroring switched on, changed and off while requests flow."""
    made = [
        Scenario("switched-on", "0 %, then 100 % after 4 s", 900, (0,), 16, 100, events=(Event(4.0, "mirror 100"),)),
        Scenario(
            "switched-down", "100 %, then 30 % after 4 s", 900, (100,), 16, 100, events=(Event(4.0, "mirror 30"),)
        ),
        Scenario("switched-off", "100 %, then 0 % after 5 s", 900, (100,), 16, 100, events=(Event(5.0, "mirror 0"),)),
        Scenario("switched-up", "0 %, then 10 % after 4 s", 900, (0,), 16, 100, events=(Event(4.0, "mirror 10"),)),
        Scenario(
            "switched-all",
            "0 %, 100 % at 3 s, 30 % at 7 s, 0 % at 11 s",
            1400,
            (0,),
            16,
            100,
            events=(Event(3.0, "mirror 100"), Event(7.0, "mirror 30"), Event(11.0, "mirror 0")),
        ),
    ]
    return [replace(each, expected=Expected(missed=(0.05, 0.98))) for each in made]


def pods() -> list[Scenario]:
    """List: several pods a side, each with a clock of its own."""
    return [
        Scenario(
            "pods-100",
            "3 + 2 pods, clocks off by up to 3 s",
            1200,
            (100,),
            16,
            80,
            v1_pods=3,
            v2_pods=2,
            clocks=_CLOCKS,
        ),
        Scenario(
            "pods-50",
            "3 + 2 pods, clocks off by up to 3 s; 50 %",
            1200,
            (50,),
            16,
            80,
            v1_pods=3,
            v2_pods=2,
            clocks=_CLOCKS,
        ),
        Scenario(
            "pods-50-fast",
            "3 + 2 pods, clocks off by up to 3 s; 50 %, full speed",
            1200,
            (50,),
            16,
            None,
            v1_pods=3,
            v2_pods=2,
            clocks=_CLOCKS,
        ),
        Scenario("pods-50-equal", "3 + 2 pods, clocks right; 50 %", 1200, (50,), 16, 80, v1_pods=3, v2_pods=2),
        Scenario("skewed-50", "v2 2.4 s ahead; 50 %", 800, (50,), 16, 80, clocks=(Clock("v2", 2.4),)),
        Scenario(
            "drifting-50",
            "v2 drifts by 50 ms a minute; 35 s stand for an hour; 50 %",
            1400,
            (50,),
            16,
            40,
            clocks=(Clock("v2", 0.0, 50.0),),
            stretch=100.0,
        ),
        Scenario(
            "drifting-pods-50",
            "3 + 2 pods, clocks off by up to 3 s, one drifting by 50 ms a minute; 35 s stand for an hour; 50 %",
            1400,
            (50,),
            16,
            40,
            v1_pods=3,
            v2_pods=2,
            clocks=(*_CLOCKS[:-1], Clock("v2-b", -1.2, 50.0)),
            stretch=100.0,
        ),
    ]


SCENARIOS: tuple[Scenario, ...] = tuple(away() + switched() + pods())
