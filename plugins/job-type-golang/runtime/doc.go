// Package jobs is what a job may ask of the platform that runs it: calls of other jobs, the request that it answers,
// errors with a status of their own, a logger, and metrics.
package jobs
