"""A request to run a command in a container comes in; it runs here, its streams as channels of a websocket.

As pkg/kubelet's streaming server and apimachinery's wsstream do it (1.36): a message is a byte that names its channel,
and data; an empty one on the first channel to be written says that the connection stands, and a Status on the channel
of errors how the command ended. Of version 5 on, 255 and a channel's number close that channel.
"""

import asyncio
import contextlib
import json
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence

from aiohttp import WSMsgType, web
from multidict import MultiMapping

from tests.kube.calls import flag
from tests.kube.pods import Pod
from tests.kube.refusal import Object, RefusalError

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_STDIN, _STDOUT, _STDERR, _ERROR, _CLOSE = 0, 1, 2, 3, 255
_PIECE = 32 * 1024


def container_of(pod: Pod, query: Mapping[str, str]) -> str:
    """Return the container that is meant; RefusalError where there is none, or it does not run."""
    name = query.get("container") or next(iter(pod.containers))
    if name not in pod.containers:
        raise RefusalError(400, f"container {name} is not valid for pod {pod.name}")
    if not pod.containers[name].running:
        raise RefusalError(500, f'unable to upgrade connection: container not found ("{name}")')
    return name


async def execute(request: web.Request, query: MultiMapping[str], programs: str) -> web.WebSocketResponse:
    """Run the command of the query with `programs` as its PATH, until it ends or the client leaves."""
    if request.headers.get("Upgrade", "").lower() != "websocket":
        raise RefusalError(400, "Upgrade request required")
    command = query.getall("command")
    if not command:
        raise RefusalError(400, "you must specify at least 1 command")
    socket = web.WebSocketResponse(protocols=PROTOCOLS)
    await socket.prepare(request)
    await socket.send_bytes(bytes([_STDOUT]))
    status = await _run(socket, command, programs, stdin=flag(query, "stdin"))
    with contextlib.suppress(ConnectionError):
        await socket.send_bytes(bytes([_ERROR]) + json.dumps({"metadata": {}} | status).encode())
        await socket.close()
    return socket


async def _run(socket: web.WebSocketResponse, command: Sequence[str], programs: str, *, stdin: bool) -> Object:
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env={"PATH": programs}, start_new_session=True
        )
    except OSError:
        told = f'exec: "{command[0]}": executable file not found in $PATH'
        return _failure("InternalError", f"Internal error occurred: error executing command in container: {told}")
    if not stdin:
        _close_stdin(process)
    feeding = asyncio.ensure_future(_feed(socket, process))
    try:
        await asyncio.gather(_forward(socket, process, _STDOUT), _forward(socket, process, _STDERR))
        code = await process.wait()
    finally:
        feeding.cancel()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
    if code == 0:
        return {"status": "Success"}
    cause = {"causes": [{"reason": "ExitCode", "message": str(code)}]}
    told = f"command terminated with non-zero exit code: exit status {code}"
    return _failure("NonZeroExitCode", told) | {"details": cause}


def _failure(reason: str, message: str) -> Object:
    return {"status": "Failure", "message": message, "reason": reason}


async def _feed(socket: web.WebSocketResponse, process: Process) -> None:
    """Hand what the client sends to the command; a client that leaves ends it."""
    async for message in socket:
        if message.type is not WSMsgType.BINARY or process.stdin is None:
            continue
        if message.data[0] == _STDIN:
            process.stdin.write(message.data[1:])
            with contextlib.suppress(ConnectionError):
                await process.stdin.drain()
        elif message.data[0] == _CLOSE and socket.ws_protocol == PROTOCOLS[0]:
            _close_stdin(process)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 9)


def _close_stdin(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()


async def _forward(socket: web.WebSocketResponse, process: Process, channel: int) -> None:
    stream = process.stdout if channel == _STDOUT else process.stderr
    while stream is not None and (piece := await stream.read(_PIECE)):
        with contextlib.suppress(ConnectionError):
            await socket.send_bytes(bytes([channel]) + piece)
