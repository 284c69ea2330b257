package wrapper

import "sync/atomic"

// state is what has become of the job's initialisation: nothing yet, a job, or an error.
type state struct {
	job atomic.Pointer[job]
	err atomic.Pointer[string]
}

func (s *state) failure() string {
	if text := s.err.Load(); text != nil {
		return *text
	}
	return ""
}
