"""Serves a model that was trained before."""

from typing import List

from racetrack_job_wrapper.sklearn import load_model


class ScikitModel:
    def __init__(self):
        self.model = load_model()  # jobtype_extra.model_path

    def perform(self, x_new: List[float]) -> List[float]:
        """The model's answer for one row of two features."""
        return self.model.predict([x_new])

    def docs_input_example(self):
        return {'x_new': [0.5, 2]}
