"""Runs a kubeconfig's login plugin, and keeps its words if it fails.

As client-go's plugin/pkg/client/auth/exec runs it (Kubernetes 1.36); the official Python client shows the words of a
failed plugin only on the terminal, and lends it the keyboard at each new login.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kubernetes.config import kube_config
from kubernetes.config.config_exception import ConfigException
from kubernetes.config.exec_provider import ExecProvider

_PATIENCE_S = 60.0  # with one that nobody attends; with a user it may take as long as that user does
_CLUSTER = "client.authentication.k8s.io/exec"


@contextmanager
def plugins_run(*, attended: bool) -> Iterator[None]:
    """Let the official client run plugins as they are run here. attended: a user may be asked, if there is a terminal.

    It makes them itself, by a name of its module: nothing can be handed to it.
    """
    official: Any = kube_config
    known = official.ExecProvider
    official.ExecProvider = type("Plugin", (_Plugin,), {"attended": attended})
    try:
        yield
    finally:
        official.ExecProvider = known


class _Plugin(ExecProvider):
    attended = False

    def run(self, _previous: object = None) -> Any:  # noqa: ANN401  # a status of the API's, as the official client takes it
        """Return the credential's status; ConfigException where there is none."""
        interactive = self.attended and sys.stdout.isatty()
        try:
            ran = subprocess.run(  # noqa: S603  # the kubeconfig names it
                self.args,
                stdout=subprocess.PIPE,
                stderr=None if interactive else subprocess.PIPE,
                stdin=None if interactive else subprocess.DEVNULL,
                cwd=self.cwd,
                env=self.env | {"KUBERNETES_EXEC_INFO": self._asked(interactive=interactive)},
                text=True,
                errors="backslashreplace",
                shell=self.shell,
                check=False,
                timeout=None if self.attended else _PATIENCE_S,
            )
        except subprocess.TimeoutExpired as error:
            raise ConfigException(f"it did not end within {_PATIENCE_S:g} s") from error
        if ran.returncode:
            raise ConfigException(f"it ended with status {ran.returncode}{_words(ran.stderr)}")
        return self._status(ran.stdout)

    def _asked(self, *, interactive: bool) -> str:
        spec: dict[str, Any] = {"interactive": interactive}
        if self.cluster:
            spec["cluster"] = self.cluster.value
            for extension in self.cluster.value.get("extensions") or ():
                if extension["name"] == _CLUSTER:
                    spec["cluster"]["config"] = extension["extension"]
        return json.dumps({"apiVersion": self.api_version, "kind": "ExecCredential", "spec": spec})

    def _status(self, output: str) -> Any:  # noqa: ANN401  # as `run`
        try:
            found = json.loads(output)
        except ValueError as error:
            raise ConfigException(f"it gave no JSON: {error}") from error
        for key in ("apiVersion", "kind", "status"):
            if key not in found:
                raise ConfigException(f"its credential has no {key}")
        if found["apiVersion"] != self.api_version:
            raise ConfigException(f"it speaks {found['apiVersion']}, and the kubeconfig {self.api_version}")
        return found["status"]


def _words(output: str | None) -> str:
    """The output as a part of a sentence."""
    return f": {'; '.join(output.replace('. ', '; ').split(chr(10)))}" if output and output.strip() else ""
