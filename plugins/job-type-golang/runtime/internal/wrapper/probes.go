package wrapper

import (
	"encoding/json"
	"net/http"
)

type live struct {
	Live                bool            `json:"live"`
	DeploymentTimestamp json.RawMessage `json:"deployment_timestamp"`
	Error               string          `json:"error,omitempty"`
}

type health struct {
	Service             string          `json:"service"`
	JobName             string          `json:"job_name"`
	Live                bool            `json:"live"`
	Ready               bool            `json:"ready"`
	Status              string          `json:"status"`
	Error               *string         `json:"error"`
	JobVersion          string          `json:"job_version"`
	GitVersion          *string         `json:"git_version"`
	RacetrackVersion    *string         `json:"deployed_by_racetrack_version"`
	DeploymentTimestamp json.RawMessage `json:"deployment_timestamp"`
	JobTypeVersion      *string         `json:"job_type_version"`
}

func (a *application) answerLive(w http.ResponseWriter) int {
	failure := a.state.failure()
	body := live{failure == "", a.settings.DeploymentTimestamp, failure}
	return writeJSON(w, statusOf(body.Live), body)
}

func (a *application) answerReady(w http.ResponseWriter) int {
	ready := a.state.job.Load() != nil
	return writeJSON(w, statusOf(ready), map[string]bool{"ready": ready})
}

func (a *application) answerHealth(w http.ResponseWriter) int {
	body := health{
		Service:             "job",
		JobName:             a.settings.JobName,
		Live:                a.state.failure() == "",
		Ready:               a.state.job.Load() != nil,
		Status:              "fail",
		Error:               a.state.err.Load(),
		JobVersion:          a.settings.JobVersion,
		GitVersion:          a.settings.GitVersion,
		RacetrackVersion:    a.settings.RacetrackVersion,
		DeploymentTimestamp: a.settings.DeploymentTimestamp,
		JobTypeVersion:      a.settings.JobTypeVersion,
	}
	if body.Ready {
		body.Status = "pass"
	}
	return writeJSON(w, statusOf(body.Ready), body)
}

func statusOf(isWell bool) int {
	if isWell {
		return http.StatusOK
	}
	return http.StatusInternalServerError
}
