"""Installs a job's requirements into its environment."""

from __future__ import annotations

import argparse
import os
import re
import sys
from urllib.parse import unquote

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pip_runner import FLAGS, fail, run_pip  # noqa: E402


# Lines that name a further file of requirements or constraints (pip's requirements file format).
INCLUDE = re.compile(r'^\s*(?:-[rc]\s*=?|--(?:requirement|constraint)(?:\s+|\s*=\s*))(\S.*?)\s*(?:\s#.*)?$')


def main() -> None:
    options = parse_options()
    refuse_foreign_files(options.requirements)
    python = os.path.join(options.environment, 'bin', 'python')
    pip = [options.pip_python, '-I', '-m', 'pip']
    if options.pip_python != python:
        pip += ['--python', python]
    if run_pip([*pip, 'install', *FLAGS, '--cache-dir', options.cache_dir, '-r', options.requirements]) != 0:
        fail(f'Installing {options.requirements} failed, see the lines above.')
    if options.check and run_pip([*pip, 'check', '--disable-pip-version-check']) != 0:
        fail('The requirements contradict each other. Correct them, or set check_requirements: false.')


def refuse_foreign_files(requirements: str) -> None:
    """Pip prints lines that it cannot read: a file from outside the source must not get that far."""
    source = os.path.realpath(os.getcwd())
    waiting, seen = [requirements], set()
    while waiting:
        path = waiting.pop()
        real = os.path.realpath(path)
        if os.path.commonpath([real, source]) != source:
            fail(f'{path} lies outside the source: requirements may name files of the repository only.')
        if real in seen or not os.path.isfile(real):
            continue
        seen.add(real)
        with open(real, encoding='utf-8', errors='replace') as file:
            text = re.sub(r'\\\r?\n', '', file.read())
        for included in map(find_included, text.splitlines()):
            if included is not None:
                waiting.append(os.path.join(os.path.dirname(path), included))


def find_included(line: str) -> str | None:
    """The file that a line includes; None for other lines, and for addresses that pip fetches."""
    match = INCLUDE.match(line)
    if match is None:
        return None
    # As pip does: variables of the environment first.
    name = re.sub(r'\$\{([A-Z0-9_]+)\}', lambda found: os.environ.get(found.group(1), ''), match.group(1))
    name = name.strip('\'"')
    if name.lower().startswith('file:'):
        return os.path.join(os.sep, unquote(re.sub(r'^file:(?://[^/]*)?', '', name, flags=re.IGNORECASE)))
    return None if re.match(r'https?://', name, re.IGNORECASE) else name


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--environment', required=True)
    parser.add_argument('--pip-python', required=True, help='a Python that has pip')
    parser.add_argument('--cache-dir', required=True)
    parser.add_argument('--requirements', required=True)
    parser.add_argument('--check', action='store_true', help='fail when installed packages contradict each other')
    return parser.parse_args()


if __name__ == '__main__':
    main()
