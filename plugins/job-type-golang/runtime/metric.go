package jobs

// Metric is one value that a job shows among its metrics, answered by its function Metrics.
type Metric struct {
	// Name as Prometheus takes it: letters, digits, "_" and ":".
	Name  string
	Value float64
	// Description for people.
	Description string
	// Counter says that the value only ever grows; otherwise it is a gauge.
	Counter bool
	// Labels tell values of one name apart.
	Labels map[string]string
}
