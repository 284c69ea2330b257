"""Installs a job's requirements into its environment."""

from __future__ import annotations

import argparse
import codecs
import contextlib
import os
import re
import shlex
import sys
import tempfile
from typing import Dict, Iterator, List
from urllib.parse import unquote

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pip_hints import explain  # noqa: E402
from pip_runner import FLAGS, fail, run_pip  # noqa: E402


# Options that name a further file of requirements or constraints (pip's requirements file format). Pip takes their
# beginnings as well; what it takes for another option, or for none, is looked at in vain.
INCLUDES = ('--requirement', '--constraint')

# How pip finds out that a file is in another encoding (PEP 263, and marks of Unicode).
CODING = re.compile(rb'coding[:=]\s*([-\w.]+)')
MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)

# A package of the repository that shall be used where it lies; what comes from a version control system is none.
EDITABLE = re.compile(r'^[ \t]*(?:-e[ \t=]*|--ed[a-z]*[ \t=]+)(?![ \t\'"]*\w+\+)([\'"]?)(\S)', re.MULTILINE)


def main() -> None:
    options = parse_options()
    os.environ.update(read_secrets(options.secrets))
    files = list_files(options.requirements)
    python = os.path.join(options.environment, 'bin', 'python')
    pip = [options.pip_python, '-I', '-m', 'pip']
    if options.pip_python != python:
        pip += ['--python', python]
    lines: List[str] = []
    with without_editable(files, options.requirements) as path:
        if run_pip([*pip, 'install', *FLAGS, '--cache-dir', options.cache_dir, '-r', path], shown_lines=lines) != 0:
            reason = explain(lines, options.requirements) or 'See the lines above.'
            fail(f'Installing {options.requirements} failed. {reason}')
    if options.check and run_pip([*pip, 'check', '--disable-pip-version-check']) != 0:
        fail('The requirements contradict each other. Correct them, or set check_requirements: false.')


def list_files(requirements: str) -> Dict[str, str]:
    """The text of the file and of those that it includes, by path.

    Pip prints lines that it cannot read: a file from outside the source must not get that far.
    """
    source = os.path.realpath(os.getcwd())
    waiting, seen = [requirements], set()
    texts: Dict[str, str] = {}
    while waiting:
        path = waiting.pop()
        real = os.path.realpath(path)
        if os.path.commonpath([real, source]) != source:
            fail(f'{path} lies outside the source: requirements may name files of the repository only.')
        if real in seen or not os.path.isfile(real):
            continue
        seen.add(real)
        lines = join_lines(read_text(path))
        texts[path] = '\n'.join(lines) + '\n'
        for line in lines:
            waiting += [os.path.join(os.path.dirname(path), included) for included in find_included(line)]
    return texts


def read_text(path: str) -> str:
    with open(path, 'rb') as file:
        content = file.read()
    codings = [CODING.search(line) for line in content.split(b'\n')[:2] if line.startswith(b'#')]
    others = [each.group(1) for each in codings if each and each.group(1).lower() not in (b'utf-8', b'utf8')]
    if content.startswith(MARKS) or others:
        fail(f'{path} is not a text in UTF-8. Save it as one.')
    return content.decode('utf-8-sig', errors='replace')


def join_lines(text: str) -> List[str]:
    """Lines as pip takes them: a backslash at the end continues a line, but not a comment."""
    joined: List[str] = []
    begun = ''
    for line in text.splitlines():
        is_comment = re.match(r'\s*#', line) is not None
        if line.endswith('\\') and not is_comment:
            begun += line.strip('\\')
            continue
        joined.append(f'{begun} {line}' if begun and is_comment else begun + line)
        begun = ''
    return [*joined, begun] if begun else joined


@contextlib.contextmanager
def without_editable(files: Dict[str, str], requirements: str) -> Iterator[str]:
    """Requirements that copy local packages into the environment, which may outlive this folder of the source.

    Without such lines it is the file itself, else a copy of it and of all that it includes.
    """
    if not any(map(EDITABLE.search, files.values())):
        yield requirements
        return
    print('Packages of this repository are installed as copies: -e is left out.', flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            copy = os.path.join(folder, os.path.relpath(os.path.abspath(path)))
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            with open(copy, 'w', encoding='utf-8') as file:
                file.write(EDITABLE.sub(_as_path, text))
        yield os.path.join(folder, os.path.relpath(os.path.abspath(requirements)))


def _as_path(match: 're.Match[str]') -> str:
    """Begins so that pip takes it for a folder, never for a package of that name in an index."""
    quote, first = match.groups()
    is_path = first in './' or match.string.startswith('file:', match.start(2))
    return f'{quote}{first}' if is_path else f'{quote}./{first}'


def read_secrets(path: str) -> Dict[str, str]:
    """Variables of a file with a line `NAME="value"` for each; none where there is no such file."""
    if not path or not os.path.isfile(path):
        return {}
    with open(path, encoding='utf-8') as file:
        matches = [re.match(r'^([A-Za-z_][A-Za-z0-9_]*)="(.*)"$', line.rstrip('\r\n')) for line in file]
    return {match.group(1): match.group(2) for match in matches if match is not None}


def find_included(line: str) -> List[str]:
    """The files that a line includes, without addresses that pip fetches."""
    # As pip does: comments, then variables of the environment.
    text = re.sub(r'(^|\s+)#.*$', '', line)
    text = re.sub(r'\$\{([A-Z0-9_]+)\}', lambda found: os.environ.get(found.group(1), ''), text)
    try:
        words = shlex.split(text)
    except ValueError:  # pip refuses the line
        words = text.split()
    names = [_find_name(word, next_word) for word, next_word in zip(words, [*words[1:], ''])]
    return [as_path(name) for name in names if name and not re.match(r'https?://', name, re.IGNORECASE)]


def _find_name(word: str, next_word: str) -> str:
    if re.match(r'-[rc]', word):
        return word[2:] or next_word
    option, _, name = word.partition('=')
    is_include = len(option) > 2 and any(each.startswith(option) for each in INCLUDES)
    return (name or next_word) if is_include else ''


def as_path(name: str) -> str:
    if name.lower().startswith('file:'):
        return os.path.join(os.sep, unquote(re.sub(r'^file:(?://[^/]*)?', '', name, flags=re.IGNORECASE)))
    return name


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--environment', required=True)
    parser.add_argument('--pip-python', required=True, help='a Python that has pip')
    parser.add_argument('--cache-dir', required=True)
    parser.add_argument('--requirements', required=True)
    parser.add_argument('--secrets', default='', help='file of variables that pip alone may see')
    parser.add_argument('--check', action='store_true', help='fail when installed packages contradict each other')
    return parser.parse_args()


if __name__ == '__main__':
    main()
