import unittest

from job import Job


class JobTest(unittest.TestCase):
    def test_adds_up_its_example(self) -> None:
        job = Job()

        self.assertEqual(job.perform(**job.docs_input_example()), {'total': 42, 'unit': 'EUR'})

    def test_refuses_nothing(self) -> None:
        with self.assertRaisesRegex(ValueError, 'no numbers'):
            Job().perform([])

    def test_refuses_what_is_no_number(self) -> None:
        with self.assertRaisesRegex(ValueError, 'list of numbers'):
            Job().perform('abc')


if __name__ == '__main__':
    unittest.main()
