"""Objects of a cluster's API in, as JSON has them; the mirror rule in force for a service out, and what is wrong.

No client and no cluster: it is read elsewhere, and everything here can be tried on text files.
"""

from mirrorcheck.mesh.concern import concerns
from mirrorcheck.mesh.documents import Document, Labels
from mirrorcheck.mesh.logs import check_fields
from mirrorcheck.mesh.model import Finding, Group, Mirror, Objects, Overrides, Route, RuleReading, Source, ordered
from mirrorcheck.mesh.overrides import parse_labels, parse_shadow
from mirrorcheck.mesh.read import namespaces_named, read, services_named
from mirrorcheck.mesh.rewritten import Name, removed, rewritten

__all__ = [
    "Document",
    "Finding",
    "Group",
    "Labels",
    "Mirror",
    "Name",
    "Objects",
    "Overrides",
    "Route",
    "RuleReading",
    "Source",
    "check_fields",
    "concerns",
    "namespaces_named",
    "ordered",
    "parse_labels",
    "parse_shadow",
    "read",
    "removed",
    "rewritten",
    "services_named",
]
