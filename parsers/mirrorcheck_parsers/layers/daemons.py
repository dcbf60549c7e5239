"""What daemons and tail put in front of lines and above them, one row of data each: syslog, journald, tail."""

from typing import Final

from mirrorcheck_parsers.layers.model import Layer, Pattern

# What daemons put in front of a line: when, the host, and the tag with the number of the process. A host and its tag
# name the origin together, as either of them may be what differs between the sides.
_HOST: Final = rb"[A-Za-z0-9][A-Za-z0-9._:%-]{0,255}"
# An address and its port, at which a line without a time of its own may begin, are no tag and a message.
_NO_ADDRESS: Final = rb"(?!(?:[0-9]{1,3}\.){3}[0-9]{1,3}:[0-9]|[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:])"
_TAG: Final = _NO_ADDRESS + rb"[^ :\[\]{}\"<>]{1,128}"
_ORIGIN: Final = rb" (?P<pod>(?:" + _HOST + rb" )?" + _TAG + rb")(?:\[[0-9]*\])?: ?(?:@cee: ?)?"
_PRIORITY: Final = rb"(?:<[0-9]{1,3}>)?"
DATE: Final = rb"[0-9]{4}-[0-9]{2}-[0-9]{2}"
CLOCK: Final = rb"[0-9]{2}:[0-9]{2}:[0-9]{2}"
ISO: Final = DATE + rb"T" + CLOCK + rb"(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})"
_ELEMENT: Final = rb"\[[^ =\]\"]+(?: [^ =\]\"]+=\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\")*+ ?\]"
_JOURNAL: Final = rb"-- (?:Logs begin|Journal begins|No entries|Boot|Reboot|.*cursor:).*"

_CONTAINER_LOG: Final = rb"(?P<pod>[^/_]+)_(?P<namespace>[^/_]+)_(?P<container>[^/]+)-[0-9a-f]{12,64}\.log"

DAEMONS: Final[tuple[Layer, ...]] = (
    # `tail -f` of several files; the names of those that Kubernetes and containers keep hold the pod's.
    Pattern(
        "tail",
        headings=(
            rb"==> (?:/[^ ]*)?/pods/(?P<namespace>[^/_]+)_(?P<pod>[^/_]+)_[^/_]+/(?P<container>[^/]+)/[^/]+ <==",
            rb"==> (?:/[^ ]*)?/containers/" + _CONTAINER_LOG + rb" <==",
            rb"==> (?P<pod>.+) <==",
            rb"tail: .*",
        ),
        headings_begin=b"=t",
    ),
    # RFC 5424 before RFC 3164, whose tag it has not; both behind each other's frames (RFC 6587).
    Pattern(
        "syslog RFC 5424",
        (
            rb"(?:[0-9]{1,6} )?<[0-9]{1,3}>1 (?:(?P<stamp>" + ISO + rb")|-) (?P<pod>[^ ]{1,255} [^ ]{1,48}) "
            rb"[^ ]{1,128} [^ ]{1,32} (?:-|(?:" + _ELEMENT + rb")++) ?(?:\xef\xbb\xbf)?(?:@cee: ?)?",
        ),
    ),
    Pattern(
        "syslog",
        (
            # Without a year and a zone: it dates nothing.
            _PRIORITY + rb"[A-Z][a-z]{2} [ 0-9][0-9](?: [0-9]{4})? " + CLOCK + rb"(?:\.[0-9]{1,9})?" + _ORIGIN,
            _PRIORITY + rb"(?P<stamp>" + ISO + rb")" + _ORIGIN,
        ),
        headings=(_JOURNAL,),
        headings_begin=b"-",
    ),
    Pattern(
        "journalctl",
        (
            rb"(?P<stamp>[0-9]{9,11}\.[0-9]{6})" + _ORIGIN,
            rb"[A-Z][a-z]{2} " + DATE + rb" " + CLOCK + rb"(?:\.[0-9]{1,9})? [A-Z][A-Za-z0-9+:-]{1,6}" + _ORIGIN,
            rb"\[ *[0-9]+\.[0-9]{6}\]" + _ORIGIN,
        ),
        headings=(_JOURNAL,),
        headings_begin=b"-",
    ),
)
