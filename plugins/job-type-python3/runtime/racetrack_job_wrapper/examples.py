"""Examples of input that the job offers for its documentation."""

from __future__ import annotations

from typing import Any, Dict, Iterable

from racetrack_job_wrapper.encoding import encode_json

#: Most bytes that an example may take as JSON: it is part of every copy of the documentation.
MAX_EXAMPLE_BYTES = 1024 * 1024


def read_examples(entrypoint: Any, paths: Iterable[str]) -> Dict[str, Dict[str, Any]]:
    """One example for each path, empty where the job offers none; raises `ValueError` for a bad one."""
    offered = _ask(entrypoint)
    examples = {path: offered.get(path, {}) for path in paths}
    for path, example in examples.items():
        problem = _find_problem(path, example)
        if problem:
            raise ValueError(f'invalid docs input example: {problem}')
    return examples


def _ask(entrypoint: Any) -> Dict[str, Any]:
    if hasattr(entrypoint, 'docs_input_examples'):
        offered = entrypoint.docs_input_examples()
        if not isinstance(offered, dict):
            raise ValueError('docs_input_examples outcome is not a dict')
        return offered
    if hasattr(entrypoint, 'docs_input_example'):
        return {'/perform': entrypoint.docs_input_example()}
    return {}


def _find_problem(path: str, example: Any) -> str:
    if not isinstance(example, dict):
        return f'input example (for {path} endpoint) is not a dict'
    try:
        size = len(encode_json(example))
    except Exception as error:  # encoding runs hooks of the job's objects
        return f'failed to encode input example (for {path} endpoint) to JSON: {error}'
    if size > MAX_EXAMPLE_BYTES:
        return (
            f'input example (for {path} endpoint) encoded to JSON ({size} bytes) '
            f'exceeds maximum size ({MAX_EXAMPLE_BYTES} bytes)'
        )
    return ''
