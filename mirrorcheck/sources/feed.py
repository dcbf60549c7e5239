"""The events of a live source: lines, gaps, proofs of idleness, and the rule in force.

A stream is one life of one container: a restart begins another. Every event of a stream comes after its `Opened`, in
the order in which it happened; instants are UTC microseconds since 1970.
"""

from dataclasses import dataclass
from typing import Literal

Side = Literal["primary", "shadow"]
SIDES: tuple[Side, ...] = ("primary", "shadow")
ENDLESS_US = 1 << 62
SEEN_LATE_S = 10
"""How much later than it was made a change may be seen: the rule is reread every 5 s, and clocks differ as much."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A stream begins. stream: unique in the run, fit for a file's name. side: None where the pod is on neither."""

    stream: str
    namespace: str
    pod: str
    uid: str
    container: str
    container_id: str
    restart: int
    side: Side | None
    labels: tuple[tuple[str, str], ...]
    from_us: int  # what was logged before this instant, if anything, was not asked for


@dataclass(frozen=True, slots=True)
class Text:
    """Whole lines as the container wrote them, each behind the runtime's stamp and a space, each ended by a newline."""

    stream: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """Every line that the container logged up to an instant is in an earlier event."""

    stream: str
    through_us: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Lines of these moments, both ends inclusive, may be lost; ENDLESS_US: the gap lasts. reason: a few words.

    Without a stream it is of pods that nobody could know of, on either side.
    """

    stream: str
    pod: str
    container: str
    from_us: int
    to_us: int
    reason: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The connection of a stream ended and is being made anew; what it missed comes as `Text`, or as a `Gap`.

    Repeated for another reason, and ever more rarely while it lasts. tries: attempts so far.
    """

    stream: str
    reason: str
    tries: int = 1


@dataclass(frozen=True, slots=True)
class Closed:
    """A stream is over and read to its end: its container ended, or its pod is gone."""

    stream: str
    reason: str


@dataclass(frozen=True, slots=True)
class RuleSeen:
    """The mirror rule in force from an instant on. expect: percent, None where no rule says; text: for people.

    mirrors: whether the mesh is configured to mirror anything, whatever the user expects; None where that is not known.
    primary, shadow: the names of the pods of either side. unseen: why nobody can see the shadow's lines, empty where
    they can be seen. known_us: up to here the rule before it is known to have been in force, 0 where that is not known.
    rewritten: since then yet another may have been.
    """

    at_us: int
    expect: float | None
    text: str
    problems: tuple[str, ...]
    mirrors: bool | None = None
    primary: str = ""
    shadow: str = ""
    unseen: str = ""
    known_us: int = 0
    rewritten: bool = False


@dataclass(frozen=True, slots=True)
class RuleKnown:
    """The last rule is known to be in force up to an instant; reason: why not since, empty if it is."""

    through_us: int
    reason: str


@dataclass(frozen=True, slots=True)
class SideChange:
    """A stream's pod is on another side than before, as was seen at an instant; None: on neither.

    known_us: up to here it is known to have been on the one before, 0 where that is not known.
    """

    stream: str
    at_us: int
    before: Side | None
    side: Side | None
    known_us: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """Which pods of a namespace there are is known up to an instant; reason: why not since then, empty where it is."""

    namespace: str
    through_us: int
    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The watching ended at an instant; what a stream logged and did not deliver by then was not seen."""

    at_us: int


@dataclass(frozen=True, slots=True)
class Decided:
    """The lines that were read are decided: those with a partner up to pairs_us, others up to open_us.

    known_us: all lines up to here are held, and what may still change their pairs. at_us: when that was found. events:
    of how many events before, texts aside. read: of each stream, how many bytes of its text were read by then. silent:
    the streams that nothing was heard of for long. Who settles a recording in the same pieces finds the same.
    """

    at_us: int
    pairs_us: int
    open_us: int
    known_us: int
    events: int
    read: tuple[tuple[str, int], ...]
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the user should know and that is none of the above."""

    at_us: int
    text: str


FeedEvent = Opened | Text | Proof | Gap | Broken | Closed | RuleSeen | RuleKnown | SideChange | Listing | Ended | Note
KeptEvent = FeedEvent | Decided
"""What a recording holds."""
