"""The fields that each side's log has in; what its format keeps from being told out."""

from collections.abc import Collection

from mirrorcheck.mesh.model import Finding

_MARKERS = ("xff", "internal", "host")
_IDS = ("request_id", "traceparent")


def check_fields(primary: Collection[str], shadow: Collection[str]) -> list[Finding]:
    """What the formats lack; canonical field names of the parsers, such as xff and request_id."""
    marked = "xff" in primary and any(name in shadow for name in _MARKERS)
    paired = any(name in primary and name in shadow for name in _IDS)
    if marked or paired:
        return []
    lacking = "the primary's" if "xff" in shadow else "the shadow's" if "xff" in primary else "either side's"
    what = f"{lacking} log has neither X-Forwarded-For nor an id: copies cannot be told from direct traffic"
    remedy = 'Log "$http_x_forwarded_for" and "$http_x_request_id" in nginx\'s log_format.'
    return [Finding("warning", "log-format", what, remedy)]
