"""A command comes in; a process goes out that is surely ended, with all its children, when the block is left."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from tests.lab.configs.ports import LOOPBACK

_STARTUP_S = 20.0
_PATIENCE_S = 3.0


@dataclass(frozen=True, slots=True)
class Process:
    """A running program and its children, a process group of their own: Ctrl-C reaches the lab, not them."""

    process: asyncio.subprocess.Process

    @classmethod
    async def start(cls, *command: str, port: int, environment: Mapping[str, str]) -> Self:
        """Start a program and wait until it listens on `port`; TimeoutError when it does not."""
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, stdin=asyncio.subprocess.DEVNULL, start_new_session=True
        )
        started = cls(process)
        try:
            await _listening(port, process)
        except BaseException:
            await started.end()
            raise
        return started

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to the program and all its children; nothing happens when they are gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    async def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the program as `how` asks, with force after three seconds, and whatever children it leaves behind."""
        self.tell(signal.SIGCONT)
        # Only the program is asked: nginx tells its workers in the right order, and would replace any we ended.
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)
        try:
            await asyncio.wait_for(self.process.wait(), _PATIENCE_S)
        except TimeoutError:
            self.tell(signal.SIGKILL)
            await self.process.wait()
        finally:
            # Also when Ctrl-C interrupts the wait.
            self.tell(signal.SIGKILL)


async def _listening(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(_STARTUP_S):
        while True:
            if process.returncode is not None:
                raise OSError(f"a program of the lab ended at once, with status {process.returncode}")
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(LOOPBACK, port)
                writer.close()
                return
            await asyncio.sleep(0.03)
