"""Names of Racetrack 2.36 that public plugins import, as far as they are pure helpers."""
