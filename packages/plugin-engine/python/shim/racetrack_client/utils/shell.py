from __future__ import annotations

import subprocess

_LONGEST_COMMAND = 4096


class CommandError(RuntimeError):
    def __init__(self, cmd: str, stdout: str, returncode: int) -> None:
        super().__init__(f'command failed with code {returncode}: {cmd}\n{stdout}')
        self.cmd = cmd
        self.stdout = stdout
        self.returncode = returncode


def shell(cmd: str, workdir: str | None = None) -> None:
    """Runs a command line of the plugin's own making.

    Raises CommandError when it ends with anything but zero.
    """
    shell_output(cmd, workdir)


def shell_output(cmd: str, workdir: str | None = None) -> str:
    """As :func:`shell`; answers what it wrote, errors included."""
    if len(cmd) > _LONGEST_COMMAND:
        raise ValueError(f'the command is longer than {_LONGEST_COMMAND} characters')
    done = subprocess.run(
        cmd, shell=True, cwd=workdir, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output = done.stdout.decode(errors='replace')
    if done.returncode != 0:
        raise CommandError(cmd, output, done.returncode)
    return output
