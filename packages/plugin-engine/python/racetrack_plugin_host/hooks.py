"""Calls a plugin's hooks, by their names of today and of before Racetrack 2.9."""

from __future__ import annotations

import inspect
from typing import Any, Callable

from .errors import HostError
from .records import JobDto, Manifest

# What is called, and under which names plugins have it.
_NAMES = {
    'job_types': ('job_types', 'fatman_job_types'),
    'job_runtime_env_vars': ('job_runtime_env_vars', 'fatman_runtime_env_vars'),
    'validate_job_manifest': ('validate_job_manifest',),
    'post_job_deploy': ('post_job_deploy', 'post_fatman_deploy'),
    'post_job_delete': ('post_job_delete', 'post_fatman_delete'),
    'markdown_docs': ('markdown_docs',),
    'run_action': ('run_action',),
    'infrastructure_targets': ('infrastructure_targets',),
}


def find_hook(plugin: Any, name: str) -> Callable[..., Any] | None:
    """The plugin's own function, or ``None`` when it has none."""
    for candidate in _NAMES[name]:
        hook = getattr(plugin, candidate, None)
        if callable(hook):
            return hook
    return None


def list_hooks(plugin: Any) -> list[str]:
    return [name for name in _NAMES if find_hook(plugin, name) is not None]


def call_job_types(plugin: Any) -> Any:
    hook = find_hook(plugin, 'job_types')
    if hook is None:
        return None
    # The oldest form takes the prefix of a registry; the names it makes of that are not used any more.
    takes_prefix = len(inspect.signature(hook).parameters) == 1
    return hook('') if takes_prefix else hook()


def call_hook(plugin: Any, name: str, params: dict[str, Any]) -> Any:
    """Calls one hook with what the protocol sent, and answers what goes back as JSON.

    Raises whatever the hook raises.
    """
    hook = find_hook(plugin, name)
    if hook is None:
        return None
    if name == 'job_runtime_env_vars':
        return _check_environment(hook())
    if name == 'validate_job_manifest':
        hook(Manifest(params['manifest']), params['jobType'])
        return None
    if name == 'post_job_deploy':
        who = params.get('deployerUsername')
        _call_known(
            hook, [Manifest(params['manifest']), JobDto(params['job']), params['imageName']], {'deployer_username': who}
        )
        return None
    if name == 'post_job_delete':
        _call_known(hook, [JobDto(params['job'])], {'username_executor': params.get('usernameExecutor')})
        return None
    if name == 'markdown_docs':
        text = hook()
        if text is not None and not isinstance(text, str):
            raise HostError('PLUGIN_FAILED', f'markdown_docs answered {type(text).__name__}, not text')
        return text
    if name == 'run_action':
        return hook(**params['arguments'])
    raise HostError('NOT_SUPPORTED', f'the plugin host knows no hook {name}')


def _call_known(hook: Callable[..., Any], positional: list[Any], named: dict[str, Any]) -> Any:
    """Leaves out what an older hook does not declare."""
    parameters = inspect.signature(hook).parameters.values()
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    names = {p.name for p in parameters}
    return hook(*positional, **{key: value for key, value in named.items() if takes_any or key in names})


def _check_environment(variables: Any) -> dict[str, str]:
    if not variables:
        return {}
    if not isinstance(variables, dict) or not all(isinstance(key, str) for key in variables):
        raise HostError('PLUGIN_FAILED', 'job_runtime_env_vars did not answer a dictionary with names as keys')
    return {key: str(value) for key, value in variables.items()}
