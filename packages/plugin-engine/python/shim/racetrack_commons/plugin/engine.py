class PluginEngine:
    """For annotations only: other plugins cannot be reached from within one."""
