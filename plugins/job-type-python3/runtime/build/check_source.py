"""Compiles the Python files of the working directory ahead of time; a syntax error in the entrypoint fails the build.

Bytecode is checked against the hash of its source, not against times, which copying changes.
"""

from __future__ import annotations

import os
import py_compile
import sys
from typing import Iterator, Optional

SKIPPED_FOLDERS = {'__pycache__', 'node_modules', 'site-packages'}


def main() -> None:
    problem = compile_file(sys.argv[1]) if len(sys.argv) > 1 else None
    if problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
    for path in list_sources():
        problem = compile_file(path)
        if problem:  # perhaps never imported, such as code for another version of Python
            print(f'warning: {problem}')


def compile_file(path: str) -> Optional[str]:
    """Compiles one file; answers what is wrong with it, as `file:line: problem`."""
    try:
        py_compile.compile(path, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
    except py_compile.PyCompileError as error:
        return describe(path, error.exc_value)
    except (OSError, ValueError) as error:
        return f'{path}: {type(error).__name__}: {error}'
    return None


def describe(path: str, error: BaseException) -> str:
    if not isinstance(error, SyntaxError):
        return f'{path}: {type(error).__name__}: {error}'
    text = f'{path}:{error.lineno}: {type(error).__name__}: {error.msg}'
    if not error.text:
        return text
    line = error.text.rstrip()
    caret = ' ' * max(0, (error.offset or 1) - 1) + '^'
    return f'{text}\n    {line}\n    {caret}'


def list_sources() -> Iterator[str]:
    for folder, folders, files in os.walk('.'):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS and not name.startswith('.'))
        for name in sorted(files):
            if name.endswith('.py'):
                yield os.path.normpath(os.path.join(folder, name))


if __name__ == '__main__':
    main()
