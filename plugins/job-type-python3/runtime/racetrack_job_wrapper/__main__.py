"""`python -m racetrack_job_wrapper`, for places where the wrapper is an installed package."""

import sys

from racetrack_job_wrapper.cli import main

sys.exit(main())
