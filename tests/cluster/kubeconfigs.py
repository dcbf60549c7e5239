"""Kubeconfigs for a server, with a user as a test needs one."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.kube.access import TOKEN
from tests.kube.server import Server


def kubeconfig(path: Path, server: Server, user: Mapping[str, Any], *, name: str = "fake", namespace: str = "") -> Path:
    """Write a kubeconfig of one context whose user is as given, and return its path."""
    told = json.loads(server.kubeconfig(path.parent).read_text())
    told["clusters"][0]["name"] = told["users"][0]["name"] = told["contexts"][0]["name"] = name
    told["users"][0]["user"] = dict(user)
    told["contexts"][0]["context"] = {"cluster": name, "user": name} | ({"namespace": namespace} if namespace else {})
    told["current-context"] = name
    path.write_text(json.dumps(told))
    return path


def with_token_file(server: Server, folder: Path, token: Path) -> Path:
    """Write a kubeconfig whose user has a token in a file of its own, and return its path."""
    token.write_text(TOKEN)
    return kubeconfig(folder / "with-token-file", server, {"tokenFile": str(token)})
