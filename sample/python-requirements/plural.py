import inflection


class PluralEntrypoint:
    def perform(self, word: str, count: int = 2) -> str:
        """
        Count things in English.
        :param word: an English noun, in the singular
        :param count: how many there are
        """
        return f'{count} {word if count == 1 else inflection.pluralize(word)}'

    def docs_input_example(self) -> dict:
        return {'word': 'octopus', 'count': 8}
