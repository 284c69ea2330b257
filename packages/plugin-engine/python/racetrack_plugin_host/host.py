"""One plugin in a process of its own: answers requests until the platform goes away."""

from __future__ import annotations

import json
import logging
import os
import threading
import traceback
from typing import Any, Callable

from .channel import Channel
from .errors import HostError, describe, locate
from .hooks import call_hook, call_job_types, list_hooks
from .job_types import read_job_types
from .loader import load_plugin

# After a request was cancelled its thread may go on for so long; there is no way to end a thread.
_CANCEL_GRACE_S = 2.0
_MAX_CALLS = 64
_STUCK = 70


class Host:
    """Runs each request in a thread, so that one that takes long does not hold up the next."""

    def __init__(self, channel: Channel, config: dict[str, Any]) -> None:
        self._channel = channel
        plugins = config['plugins']
        if len(plugins) != 1:
            raise HostError('PLUGIN_FAILED', 'a host for Python takes one plugin')
        self._config = plugins[0]
        self._setup_timeout_s = config.get('setupTimeoutMs', 10_000) / 1_000
        self._plugin: Any = None
        self._id = os.path.basename(os.path.normpath(self._config['dir']))
        self._description: dict[str, Any] = {}
        self._running: dict[int, threading.Event] = {}
        self._lock = threading.Lock()

    def load(self) -> None:
        """Loads the plugin; whatever goes wrong is part of its description."""
        manifest = self._config.get('manifest') or {}
        self._id = manifest.get('name', self._id)
        self._description = {
            'dir': self._config['dir'],
            'id': self._id,
            'version': manifest.get('version'),
            'category': manifest.get('category'),
            'jobTypes': [],
            'targets': [],
            'hooks': [],
            'error': None,
        }
        self._redirect_logs()
        outcome: dict[str, Any] = {}
        worker = _start(lambda: outcome.update(self._set_up(manifest)))
        worker.join(self._setup_timeout_s)
        if worker.is_alive():
            outcome = {'error': f'it was not set up within {self._setup_timeout_s:g} s'}
        self._description.update(outcome)

    def _set_up(self, manifest: dict[str, Any]) -> dict[str, Any]:
        try:
            config_path = os.path.join(self._config['dataDir'], 'config.yaml')
            self._plugin = load_plugin(self._config['dir'], manifest, config_path)
            version = manifest.get('version') or '0.0.0'
            job_types, problems = read_job_types(call_job_types(self._plugin), self._config['dir'], version)
            error = '; '.join(problems) or None
            return {'jobTypes': job_types, 'hooks': list_hooks(self._plugin), 'error': error}
        except BaseException as error:  # a plugin may also exit or be interrupted
            self._log('error', 'the plugin cannot be used', {'traceback': traceback.format_exc()})
            return {'error': describe(error) + locate(error, self._config['dir'])}

    def serve(self) -> None:
        """Answers lines until there are no more."""
        for message in self._channel.read():
            if not isinstance(message, dict):
                self._fail(None, HostError('REQUEST_INVALID', 'a line is no JSON object, or too long'))
            elif 'cancel' in message:
                self._cancel(message['cancel'])
            elif isinstance(message.get('id'), int) and isinstance(message.get('method'), str):
                self._begin(message)
            elif 'pull' not in message:
                self._fail(None, HostError('REQUEST_INVALID', 'a request has an id and a method'))

    def _begin(self, request: dict[str, Any]) -> None:
        request_id = request['id']
        if request['method'] == 'describe':
            self._channel.send({'id': request_id, 'result': [self._description]})
            return
        ended = threading.Event()
        with self._lock:
            is_full = len(self._running) >= _MAX_CALLS
            if not is_full:
                self._running[request_id] = ended
        if is_full:
            self._fail(request_id, HostError('PLUGIN_UNAVAILABLE', f'{_MAX_CALLS} calls of this plugin are under way'))
        else:
            _start(lambda: self._answer(request, ended))

    def _answer(self, request: dict[str, Any], ended: threading.Event) -> None:
        request_id = request['id']
        try:
            self._channel.send({'id': request_id, 'result': self._call(request)})
        except HostError as error:
            self._fail(request_id, error)
        except BaseException as error:
            self._log('error', f'{request["method"]} failed', {'traceback': traceback.format_exc()})
            self._fail(request_id, HostError('PLUGIN_FAILED', describe(error)))
        finally:
            with self._lock:
                self._running.pop(request_id, None)
            ended.set()

    def _call(self, request: dict[str, Any]) -> Any:
        if request['method'] != 'hook':
            raise HostError('NOT_SUPPORTED', f'a host for Python knows no method {request["method"]}')
        if self._plugin is None:
            raise HostError('PLUGIN_FAILED', self._description['error'] or 'the plugin was not loaded')
        params = request.get('params')
        if not isinstance(params, dict) or params.get('hook') not in self._description['hooks']:
            raise HostError('NOT_SUPPORTED', 'the plugin has no such hook')
        result = call_hook(self._plugin, params['hook'], params)
        try:
            json.dumps(result, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise HostError('PLUGIN_FAILED', f'{params["hook"]} answered what JSON cannot say: {error}') from error
        return result

    def _cancel(self, request_id: Any) -> None:
        with self._lock:
            ended = self._running.get(request_id)
        if ended is None:
            return

        def give_up() -> None:
            if ended.wait(_CANCEL_GRACE_S):
                return
            self._log('warn', 'a call did not end when it was cancelled; the plugin is started anew', {})
            os._exit(_STUCK)

        _start(give_up)

    def _fail(self, request_id: int | None, error: HostError) -> None:
        self._channel.send({'id': request_id, 'error': error.to_json()})

    def _log(self, level: str, message: str, fields: dict[str, Any]) -> None:
        entry = {'plugin': self._id, 'level': level, 'message': message, 'fields': fields}
        self._channel.send({'log': entry})

    def _redirect_logs(self) -> None:
        """What the plugin logs with the standard library goes to the platform's log."""
        host = self

        class Handler(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                level = (
                    'error'
                    if record.levelno >= logging.ERROR
                    else 'warn'
                    if record.levelno >= logging.WARNING
                    else 'info'
                )
                try:
                    host._log(level, record.getMessage()[:8_192], {'logger': record.name})
                except Exception:
                    self.handleError(record)

        logging.basicConfig(level=logging.INFO, handlers=[Handler()], force=True)


def _start(work: Callable[[], Any]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
