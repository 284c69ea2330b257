"""Starts a job: `python run_job.py run adder.py JobEntrypoint --uds job.sock`.

A plain script rather than `python -m`, because `-m` would put the job's directory first on the import path, where a
`json.py` of the job would shadow the standard library for the wrapper. Here the wrapper is imported from its own
folder and the standard library alone; the job's paths are set afterwards, just before its code loads.
"""

import os
import sys

WRAPPER_DIR = os.path.dirname(os.path.abspath(__file__))


def main() -> int:
    job_path = [entry for entry in sys.path if entry != WRAPPER_DIR]
    sys.path[:] = [WRAPPER_DIR, *filter(is_standard_library, job_path)]
    from racetrack_job_wrapper import cli

    sys.path[:] = job_path
    return cli.main()


def is_standard_library(entry: str) -> bool:
    name = os.path.basename(entry)
    return entry == os.path.dirname(os.__file__) or name == 'lib-dynload' or name.endswith('.zip')


if __name__ == '__main__':
    sys.exit(main())
