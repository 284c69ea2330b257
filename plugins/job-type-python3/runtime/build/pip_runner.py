"""Runs pip so that its output can be shown to anyone: no package index, no credentials."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Dict, List, Optional

#: Flags of every run: nothing to ask, nothing to animate, nothing about pip itself.
FLAGS = ['--no-input', '--disable-pip-version-check', '--progress-bar', 'off', '--no-warn-script-location']

#: Lines that tell where packages come from, and nothing else.
_SOURCE_LINES = ('Looking in indexes:', 'Looking in links:')
_URL = re.compile(r'https?://[^\s\'"<>)]+')
_HOST = re.compile(r"host='[^']*'")


def run_pip(command: List[str], env: Optional[Dict[str, str]] = None, shown_lines: Optional[List[str]] = None) -> int:
    """Runs a command of pip, shows its output line by line (and adds it to a list), and answers its exit code."""
    env = {**(os.environ if env is None else env), 'PIP_ROOT_USER_ACTION': 'ignore'}
    process = subprocess.Popen(
        command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        encoding='utf-8', errors='replace',
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        shown = mask(line.rstrip())
        if shown:
            print(shown, flush=True)
        if shown_lines is not None:
            shown_lines.append(shown)
    return process.wait()


def mask(line: str) -> str:
    """Keeps of every URL the last part of its path, and nothing of lines that only name sources."""
    if line.lstrip().startswith(_SOURCE_LINES):
        return ''
    return _HOST.sub("host='...'", _URL.sub(_last_part, line))


def _last_part(match: 're.Match[str]') -> str:
    path = match.group().partition('://')[2].partition('?')[0].partition('#')[0].rstrip('/')
    return f'.../{path.rpartition("/")[2]}' if '/' in path else '...'


def own_directory() -> str:
    return os.path.dirname(os.path.abspath(__file__))


def fail(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
    sys.exit(1)
