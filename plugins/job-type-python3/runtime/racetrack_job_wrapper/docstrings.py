"""Takes a docstring apart: text for people, and the fields (`:param x:`) that belong to parameters and results."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from typing import Any, Callable, Container, Dict, List, Tuple

#: What fits beside an address in a list of them.
SUMMARY_LENGTH = 120

#: A field of reStructuredText: its kind, what it is about, and the beginning of its text.
_FIELD = re.compile(
    r'\s*:(param|parameter|arg|argument|key|keyword|type|raises?|except|exception|returns?|rtype)'
    r'(?:\s+([^:]+))?:\s*(.*)'
)
_PARAMETERS = frozenset({'param', 'parameter', 'arg', 'argument', 'key', 'keyword'})
_RESULTS = frozenset({'return', 'returns'})
_ERRORS = frozenset({'raise', 'raises', 'except', 'exception'})
_SENTENCE_END = re.compile(r'(?<=[.!?]) ')
_MARKUP = re.compile(r'\*\*|`|^#+ ')


@dataclass
class Documentation:
    #: Markdown, without the fields that are told elsewhere.
    text: str = ''
    #: By the name of the parameter.
    parameters: Dict[str, str] = field(default_factory=dict)
    #: Of the result.
    returns: str = ''

    @property
    def summary(self) -> str:
        """The first sentence as plain text, which is how pages show a summary; cut short."""
        paragraph = re.split(r'\n\s*\n', self.text.strip())[0]
        line = _MARKUP.sub('', _SENTENCE_END.split(' '.join(paragraph.split()))[0])
        return line if len(line) <= SUMMARY_LENGTH else f'{line[: SUMMARY_LENGTH - 1].rstrip()}…'


def read_docstring(function: Callable[..., Any], names: Container[str]) -> Documentation:
    """Documentation of a function with parameters of these names; fields about others stay in its text, as a list."""
    found = Documentation()
    lines, fields = _split(inspect.getdoc(function) or '')
    rest: List[str] = []
    for kind, about, text in fields:
        name = about.split()[-1].lstrip('*') if about else ''
        if kind in _RESULTS:
            found.returns = text
        elif kind in _PARAMETERS and name in names:
            found.parameters[name] = text
        elif kind in _PARAMETERS and name:
            rest.append(f'- `{name}`: {text}')
        elif kind in _ERRORS and about:
            rest.append(f'- raises `{about}`: {text}')
    found.text = '\n\n'.join(part for part in ('\n'.join(lines).strip(), '\n'.join(rest)) if part)
    return found


def _split(text: str) -> Tuple[List[str], List[Tuple[str, str, str]]]:
    """Lines that are no fields, and the fields. A field ends at the next one, or at an empty line."""
    lines: List[str] = []
    fields: List[Tuple[str, str, str]] = []
    is_inside = False
    for line in text.splitlines():
        match = _FIELD.match(line)
        if match:
            kind, about, begin = match.groups()
            fields.append((kind, (about or '').strip(), begin.strip()))
            is_inside = True
        elif is_inside and line.strip():
            kind, about, begin = fields[-1]
            fields[-1] = (kind, about, f'{begin} {line.strip()}'.strip())
        else:
            is_inside = False
            lines.append(line)
    return lines, fields
