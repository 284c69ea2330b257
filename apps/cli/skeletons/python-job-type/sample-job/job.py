def perform(numbers: list) -> float:
    """Add numbers"""
    return sum(numbers)
