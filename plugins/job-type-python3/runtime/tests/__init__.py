"""Tests of the wrapper: `WRAPPER_ENVIRONMENT=… python -m unittest discover -t . tests` in the folder above."""
