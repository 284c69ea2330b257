"""Trains `model.joblib`: `pip install -r requirements.txt`, then `python train.py`."""

import joblib
import numpy as np
from sklearn.linear_model import LinearRegression

SEED = 7
ROWS = 50


def main() -> None:
    random = np.random.default_rng(SEED)
    x = random.uniform(0, 4, size=(ROWS, 2))
    noise = random.normal(0, 0.1, size=ROWS)
    y = 30 * x[:, 0] + 85 * x[:, 1] + 17 + noise
    joblib.dump(LinearRegression().fit(x, y), 'model.joblib')


if __name__ == '__main__':
    main()
