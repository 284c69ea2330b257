package main

import (
	"net/http"
	"os"
	"strconv"
)

// live says which deployment this is: that is how Racetrack tells a new instance from an old one.
func live(response http.ResponseWriter, _ *http.Request) {
	answer(response, http.StatusOK, map[string]interface{}{
		"status":               "live",
		"deployment_timestamp": deploymentTimestamp(),
	})
}

func ready(response http.ResponseWriter, _ *http.Request) {
	answer(response, http.StatusOK, map[string]string{"status": "ready"})
}

func health(response http.ResponseWriter, _ *http.Request) {
	answer(response, http.StatusOK, map[string]interface{}{
		"service":                       "job",
		"job_name":                      os.Getenv("JOB_NAME"),
		"job_version":                   os.Getenv("JOB_VERSION"),
		"git_version":                   os.Getenv("GIT_VERSION"),
		"deployed_by_racetrack_version": os.Getenv("DEPLOYED_BY_RACETRACK_VERSION"),
		"deployment_timestamp":          deploymentTimestamp(),
		"status":                        "pass",
	})
}

// deploymentTimestamp is 0 outside of Racetrack.
func deploymentTimestamp() int {
	seconds, _ := strconv.Atoi(os.Getenv("JOB_DEPLOYMENT_TIMESTAMP"))
	return seconds
}
