from .manifest import Manifest

__all__ = ['Manifest']
