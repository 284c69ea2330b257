"""The plugin host for plugins written in Python; speaks the plugin protocol (docs/reference/plugin-protocol.md)."""
