"""Log lines of the wrapper and of the job's code, on standard output."""

from __future__ import annotations

import datetime
import logging
import sys
import textwrap
import time
from json import dumps
from typing import Any, Dict, Optional

from racetrack_job_wrapper.context import find_header
from racetrack_job_wrapper.settings import Settings

#: Attributes of a record that follow its message.
EXTRA_FIELDS = ('hint', 'cause', 'traceback', 'tracing_id', 'caller_name')

#: Every level takes five columns.
LEVEL_WORDS = {'WARNING': 'WARN', 'CRITICAL': 'CRIT'}

logger = logging.getLogger('racetrack')


def configure_logging(settings: Settings) -> 'AccessLog':
    """Sets up the root logger at INFO (or `LOG_LEVEL`) and answers the log of requests."""
    formatter = JsonFormatter() if settings.log_structured else TextFormatter()
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    handler.addFilter(CallFields(settings))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    return AccessLog(handler, settings)


class CallFields(logging.Filter):
    """Adds the tracing id, and the caller if wanted, to whatever is logged during a call."""

    def __init__(self, settings: Settings):
        super().__init__()
        self._settings = settings

    def filter(self, record: logging.LogRecord) -> bool:
        if not hasattr(record, 'tracing_id'):
            record.tracing_id = find_header(self._settings.tracing_header)
        if self._settings.log_caller_name and not hasattr(record, 'caller_name'):
            record.caller_name = find_header(self._settings.caller_header)
        return True


class TextFormatter(logging.Formatter):
    """`[2026-01-31 12:00:00] INFO  message, tracing_id=…`."""

    def format(self, record: logging.LogRecord) -> str:
        level = LEVEL_WORDS.get(record.levelname, record.levelname)
        line = f'[{local_time(record.created)}] {level:5} {record.getMessage()}'
        for name, value in extra_fields(record).items():
            line += f', {name}={quote(value)}'
        for text in self._attachments(record):
            line += f'\n{text}'
        return line

    def _attachments(self, record: logging.LogRecord) -> list[str]:
        trace = getattr(record, 'trace', None)
        texts = [textwrap.indent(trace, '  ')] if trace else []
        texts += [self.formatException(record.exc_info)] if record.exc_info else []
        return texts + ([self.formatStack(record.stack_info)] if record.stack_info else [])


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.datetime.fromtimestamp(record.created, datetime.timezone.utc)
        line: Dict[str, Any] = {
            'time': moment.strftime('%Y-%m-%dT%H:%M:%S.%fZ'),
            'lvl': record.levelname,
            'msg': record.getMessage(),
            **extra_fields(record),
        }
        trace = getattr(record, 'trace', None)
        if trace:
            line['exc_info'] = trace
        elif record.exc_info:
            line['exc_info'] = self.formatException(record.exc_info)
        if record.stack_info:
            line['stack_info'] = self.formatStack(record.stack_info)
        return dumps(line, ensure_ascii=False, default=str)


class AccessLog:
    """One line for each answered request, without the price of a log record while nobody changed the format."""

    def __init__(self, handler: logging.StreamHandler, settings: Settings):
        self._handler = handler
        self._handlers = [handler]
        self._formatter = handler.formatter
        self._may_be_plain = isinstance(handler.formatter, TextFormatter) and not settings.log_caller_name
        self._settings = settings
        self.wants_starts = settings.log_level == 'DEBUG'

    def started(self, method: str, target: str, headers: Dict[bytes, bytes]) -> None:
        self._log(logging.DEBUG, f'Request: {method} {target}', headers)

    def done(self, method: str, target: str, status: int, headers: Dict[bytes, bytes]) -> None:
        message = f'{method} {target} {status}'
        if not self._is_plain():
            self._log(logging.INFO, message, headers)
            return
        tracing_id = _header(headers, self._settings.tracing_header)
        line = f'[{local_time(time.time())}] INFO  {message}'
        if tracing_id:
            line += f', tracing_id={quote(tracing_id)}'
        stream = self._handler.stream
        try:
            stream.write(line + '\n')
            stream.flush()
        except (OSError, ValueError):
            pass  # nobody reads the log any more: no reason to stop answering

    def _is_plain(self) -> bool:
        """Whether a line may be written directly: the job kept our handler, in text, and its level shows INFO."""
        root = logging.root
        return (
            self._may_be_plain
            and self._handler.formatter is self._formatter
            and root.level == logging.INFO
            and root.handlers == self._handlers
            and logger.level == logging.NOTSET
            and not logger.disabled
        )

    def _log(self, level: int, message: str, headers: Dict[bytes, bytes]) -> None:
        extra = {'tracing_id': _header(headers, self._settings.tracing_header)}
        if self._settings.log_caller_name:
            extra['caller_name'] = _header(headers, self._settings.caller_header)
        logger.log(level, '%s', message, extra=extra)


def extra_fields(record: logging.LogRecord) -> Dict[str, str]:
    values = {name: getattr(record, name, None) for name in EXTRA_FIELDS}
    return {name: str(value) for name, value in values.items() if value not in (None, '')}


def quote(value: str) -> str:
    """Quotes what holds a space, so that a line can be split again."""
    return f'"{value}"' if ' ' in value else value


_second = 0
_second_text = ''


def local_time(seconds: float) -> str:
    """Local time to the second; a line a second is formatted, the rest are copies."""
    global _second, _second_text
    whole = int(seconds)
    if whole != _second:
        text = time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(whole))
        _second, _second_text = whole, text
        return text
    return _second_text


def _header(headers: Dict[bytes, bytes], name: bytes) -> Optional[str]:
    value = headers.get(name)
    return None if value is None else value.decode('latin-1')
