class DocumentedJob:
    def perform(self, x: float, y: float) -> float:
        """Add two numbers."""
        return x + y

    def static_endpoints(self) -> dict:
        """Files of this folder by their path below /api/v1: their name, or name and media type."""
        return {
            '/xrai': 'xrai.yaml',
            '/manifest': ('job.yaml', 'application/x-yaml'),
            '/docs/readme': 'README.md',
        }
