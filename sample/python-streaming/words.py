"""Answers piece by piece, as language models do."""

import time


class Words:
    def perform(self, text: str, pause: float = 0.05):
        """The words of a text, one after the other."""
        words = text.split()
        if not words:
            raise ValueError('text must have at least one word')
        for number, word in enumerate(words, start=1):
            yield {'number': number, 'word': word}
            time.sleep(pause)

    def docs_input_example(self):
        return {'text': 'slow and steady wins the race', 'pause': 0.3}
