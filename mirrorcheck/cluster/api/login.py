"""Logs in to the API server as kubectl does.

The official client reads the files and runs the plugins. What it lacks is done here: kubectl's order of files,
impersonation, an error where a login failed, and tokens that are read again.
"""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mirrorcheck.cluster.api.errors import ClusterError, Unauthorized, one_line

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its service account."""

_POOL = 128  # connections kept; a stream has one for itself, and the pool never blocks
_READ_AGAIN_S = 60.0  # a token's file, as client-go's token_source.go does
_EARLY_S = 10.0  # a login is made anew so long before it expires
_TOKEN_CHARACTERS = "!#$&'*+-.^_`|~"  # noqa: S105  # RFC 9110: what a header's name may hold beside letters and digits


@dataclass(frozen=True, slots=True)
class Session:
    """A login: the official client, the headers it does not send by itself, and for how many seconds it is good."""

    api: Any
    context: str
    namespace: str
    headers: tuple[tuple[str, str], ...]
    lasts: float | None


def log_in(
    kubeconfig: Path | None, context: str | None, environ: Mapping[str, str], account: Path, *, attended: bool = True
) -> Session:
    """Return a session by kubectl's rules: the file given, else those of KUBECONFIG, else the home's, else the pod's.

    attended: a login plugin may ask the user for something; not while a screen is drawn.
    Raises Unauthorized where a login plugin fails, ClusterError where there is nothing to log in with.
    """
    files = _files(kubeconfig, environ)
    if files:
        return _from_files(files, context, attended=attended)
    if context is None and environ.get("KUBERNETES_SERVICE_HOST") and (account / "token").is_file():
        return _from_pod(environ, account)
    raise ClusterError(
        "no kubeconfig is found, so no cluster is known. Name one with --kubeconfig or KUBECONFIG; "
        "`kubectl config view` shows what kubectl uses."
    )


def _files(kubeconfig: Path | None, environ: Mapping[str, str]) -> list[Path]:
    if kubeconfig is not None:
        if not kubeconfig.exists():
            raise ClusterError(f"{kubeconfig} does not exist. Check the path given with --kubeconfig.")
        return [kubeconfig]
    listed = environ.get("KUBECONFIG") or str(Path(environ.get("HOME") or Path.home()) / ".kube" / "config")
    return [path for path in map(Path, filter(None, listed.split(os.pathsep))) if _holds_something(path)]


def _holds_something(path: Path) -> bool:
    """Kubectl skips what is absent or empty, such as /dev/null; a pipe holds what it will give."""
    return path.exists() and not path.is_char_device() and (not path.is_file() or path.stat().st_size > 0)


def _from_files(files: Sequence[Path], context: str | None, *, attended: bool) -> Session:
    from kubernetes.client import Configuration
    from kubernetes.config import kube_config

    from mirrorcheck.cluster.api.plugin import plugins_run

    official: Any = kube_config
    named = ", ".join(map(str, files))
    configuration = Configuration()
    try:
        with _captured_logs() as complaints, plugins_run(attended=attended):
            merger = official.KubeConfigMerger(os.pathsep.join(map(str, files)))
            chosen = context or _current(merger.config_files)
            entry = _entry(merger.config, "contexts", chosen) or {}
            loader = entry and official.KubeConfigLoader(merger.config, chosen, config_persister=merger.save_changes)
            if loader:
                loader.load_and_set(configuration)
    except Exception as error:
        # The loader checks little, so a malformed file may make it raise anything.
        raise ClusterError(
            f"{named} cannot be used: {one_line(str(error))}. `kubectl config view` may help."
        ) from error
    if not loader:
        raise _no_context(chosen, named)
    user = _entry(merger.config, "users", entry["context"].get("user")) or {}
    login = user.get("user") or {}
    _refuse_nobody(login, configuration, complaints)
    lasts = _lasts(login, getattr(loader, "expiry", None))
    namespace = entry["context"].get("namespace") or "default"
    return Session(_api(configuration), str(chosen), namespace, tuple(_impersonation(login)), lasts)


def _current(files: Mapping[str, Any]) -> str:
    """Return the current context: kubectl takes the first file that sets one, the official client the last."""
    return next((config["current-context"] for config in files.values() if config.get("current-context")), "")


def _entry(config: Any, section: str, name: str | None) -> dict[str, Any] | None:  # noqa: ANN401  # a node of the loader's
    for node in config.value.get(section) or ():
        if name and node.value["name"] == name:
            return dict(node.value)
    return None


def _no_context(chosen: str, named: str) -> ClusterError:
    if not chosen:
        return ClusterError(
            f"{named} sets no current context. Choose one with --context, or kubectl config use-context."
        )
    return ClusterError(f"{named} has no context {chosen}. `kubectl config get-contexts` lists those there are.")


@contextmanager
def _captured_logs() -> Iterator[list[str]]:
    """Collect what the official client would log on standard error instead of raising it."""
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield messages
    finally:
        root.removeHandler(handler)


def _refuse_nobody(login: Mapping[str, Any], configuration: Any, complaints: Sequence[str]) -> None:  # noqa: ANN401
    """Raise Unauthorized where the user should log in and did not: the official client would go on as nobody."""
    if configuration.api_key or configuration.cert_file:
        return
    why = one_line("; ".join(complaints)) or "it gave no credentials"
    if "exec" in login:
        program = login["exec"].get("command", "")
        raise Unauthorized(
            f"the kubeconfig's login plugin {program} failed: {why}. Run it by hand to see what it needs."
        )
    if "auth-provider" in login:
        provider = login["auth-provider"].get("name", "")
        raise Unauthorized(
            f"the kubeconfig's auth-provider {provider} gave no token: {why}. Log in with kubectl first, or use the "
            "exec plugin that has taken its place."
        )


def _lasts(login: Mapping[str, Any], expiry: datetime | None) -> float | None:
    if expiry is not None:
        aware = expiry if expiry.tzinfo else expiry.replace(tzinfo=UTC)
        left = (aware - datetime.now(UTC)).total_seconds()
        return max(1.0, left - _EARLY_S)
    return _READ_AGAIN_S if "tokenFile" in login and "token" not in login else None


def _impersonation(login: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the headers of `as` and its kin, which the official client ignores (transport/round_trippers.go)."""
    if not any(login.get(name) for name in ("as", "as-uid", "as-groups", "as-user-extra")):
        return
    if not login.get("as"):
        raise ClusterError("the kubeconfig impersonates groups without a user. Set `as` beside `as-groups`.")
    yield "Impersonate-User", str(login["as"])
    if login.get("as-uid"):
        yield "Impersonate-Uid", str(login["as-uid"])
    for group in login.get("as-groups") or ():
        yield "Impersonate-Group", str(group)
    for name, texts in (login.get("as-user-extra") or {}).items():
        for text in texts:
            yield f"Impersonate-Extra-{quote(name, safe=_TOKEN_CHARACTERS)}", str(text)


def _from_pod(environ: Mapping[str, str], account: Path) -> Session:
    """Return the session of the pod's own service account, whose token is renewed on disk."""
    from kubernetes.client import Configuration

    host, port = environ["KUBERNETES_SERVICE_HOST"], environ.get("KUBERNETES_SERVICE_PORT") or "443"
    configuration: Any = Configuration()
    configuration.host = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    configuration.ssl_ca_cert = str(account / "ca.crt")
    try:
        configuration.api_key["BearerToken"] = f"Bearer {(account / 'token').read_text().strip()}"
        namespace = (account / "namespace").read_text().strip()
    except OSError as error:
        raise ClusterError(
            f"the pod's service account cannot be read: {error}. Mount it, or use --kubeconfig."
        ) from error
    return Session(_api(configuration), "in-cluster", environ.get("POD_NAMESPACE") or namespace, (), _READ_AGAIN_S)


def _api(configuration: Any) -> Any:  # noqa: ANN401  # half of the official client is untyped
    import urllib3
    from kubernetes.client import ApiClient

    configuration.refresh_api_key_hook = None  # a session that has run out is replaced as a whole
    configuration.retries = False
    configuration.keep_alive = True
    configuration.connection_pool_maxsize = _POOL
    if not configuration.verify_ssl:
        urllib3.disable_warnings(
            urllib3.exceptions.InsecureRequestWarning
        )  # the user has asked for it, in the kubeconfig
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    return ApiClient(configuration)
