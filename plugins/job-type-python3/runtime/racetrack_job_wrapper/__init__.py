"""Serves a class with a `perform` method over HTTP."""

__version__ = '2.16.0'
