class Entrypoint:
    def perform(self, numbers):
        return sum(numbers)
