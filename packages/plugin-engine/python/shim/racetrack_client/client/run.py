# Where every job's container listens.
JOB_INTERNAL_PORT = 7000
