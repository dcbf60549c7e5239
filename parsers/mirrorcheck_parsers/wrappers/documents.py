"""Which JSON documents hold the entries of a log, as paths: where those are, and what else may be there."""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

# The paths of lists whose elements are the entries of a log: an export as a whole is a list; CloudWatch's events, what
# Logs Insights found, what a subscription gets; what Elasticsearch found, alone and among others; the entries of the
# streams that Loki's API gives or takes; what Google's, Datadog's and Azure's APIs list.
_LISTS: Final = (
    "[]",
    "events.[]",
    "results.[]",
    "logEvents.[]",
    "hits.hits.[]",
    "hits.[]",
    "rawResponse.hits.hits.[]",
    "responses.[].hits.hits.[]",
    "data.result.[].values.[]",
    "streams.[].values.[]",
    "values.[]",
    "entries.[]",
    "data.[]",
    "logs.[]",
    "records.[]",
)
# What is said of all elements below it, and kept, as a line of its own.
_SAID: Final = ("data.result.[].stream", "streams.[].stream", "stream")
# What else may stand in front of the elements; a record of something else has other keys.
_BESIDE: Final = (
    *("nextToken", "nextForwardToken", "nextBackwardToken", "searchedLogStreams"),
    *("statistics", "status", "queryLanguage", "encryptionKey"),
    *("messageType", "owner", "logGroup", "logStream", "subscriptionFilters"),
    *("took", "timed_out", "_scroll_id", "pit_id", "_shards", "num_reduce_phases", "terminated_early", "_clusters"),
    *(
        "hits.total",
        "hits.max_score",
        "id",
        "is_partial",
        "is_running",
        "isPartial",
        "isRunning",
        "total",
        "loaded",
        "max_score",
    ),
    *(f"rawResponse.{key}" for key in ("took", "timed_out", "_shards", "hits.total", "hits.max_score")),
    *(f"responses.[].{key}" for key in ("took", "timed_out", "_shards", "status", "hits.total", "hits.max_score")),
    *("data.resultType", "data.stats", "data.encodingFlags", "dropped_entries"),
    *("meta", "links", "nextLogId", "nextPageToken"),
    *("preview", "init_offset", "post_process_count", "messages", "fields", "highlighted"),
)


class NodeType(Enum):
    """What a value is: an entry, what is said of all entries below it, or something else that may be there."""

    ELEMENT = auto()
    SAID = auto()
    BESIDE = auto()


@dataclass(frozen=True, slots=True)
class Node:
    """What may stand at a path: keys with what is at them ("[]": the elements of a list), or a value of some kind."""

    below: dict[bytes, "Node"] = field(default_factory=dict)
    kind: NodeType | None = None


def _grown() -> Node:
    root = Node()
    for kind, paths in ((NodeType.ELEMENT, _LISTS), (NodeType.SAID, _SAID), (NodeType.BESIDE, _BESIDE)):
        for path in paths:
            *outer, last = path.encode().split(b".")
            node = root
            for key in outer:
                node = node.below.setdefault(key, Node())
            node.below[last] = Node(node.below[last].below if last in node.below else {}, kind)
    return root


ROOT: Final = _grown()
STREAMS: Final = Node({b"[]": ROOT})  # a list of Loki's streams alone
UNKNOWN: Final = Node(kind=NodeType.BESIDE)
