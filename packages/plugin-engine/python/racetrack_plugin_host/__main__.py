"""``python -m racetrack_plugin_host``: the first line on standard input is the configuration."""

from __future__ import annotations

import os
import sys

from .channel import Channel
from .errors import HostError
from .host import Host


def main() -> int:
    channel = Channel.take_standard_streams()
    config = next(channel.read(), None)
    if not _is_config(config):
        print('the first line has to be the configuration', file=sys.stderr)
        return 2
    _limit_memory(config.get('memoryBytes'))
    try:
        host = Host(channel, config)
    except HostError as error:
        print(error, file=sys.stderr)
        return 2
    host.load()
    host.serve()
    return 0


def _is_config(config: object) -> bool:
    if not isinstance(config, dict) or not isinstance(config.get('plugins'), list):
        return False
    return all(
        isinstance(plugin, dict) and isinstance(plugin.get('dir'), str) and isinstance(plugin.get('dataDir'), str)
        for plugin in config['plugins']
    )


def _limit_memory(limit: object) -> None:
    """A plugin that allocates without bound gets a ``MemoryError``; the machine keeps its memory."""
    if not isinstance(limit, int) or sys.platform != 'linux':
        return
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


if __name__ == '__main__':
    code = main()
    # Threads of plugins, and what they registered for the end, must not keep the process.
    sys.stderr.flush()
    os._exit(code)
