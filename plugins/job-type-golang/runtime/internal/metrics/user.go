package metrics

import (
	"fmt"
	"regexp"
	"sort"

	"racetrack/jobs"
)

var (
	metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
	labelName  = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
)

// AppendUser writes the job's own metrics; the answer says which of them are malformed and were left out.
func AppendUser(text []byte, values []jobs.Metric) ([]byte, []error) {
	var problems []error
	groups := map[string][]jobs.Metric{}
	var names []string
	for _, each := range values {
		if problem := check(each); problem != nil {
			problems = append(problems, problem)
			continue
		}
		if groups[each.Name] == nil {
			names = append(names, each.Name)
		}
		groups[each.Name] = append(groups[each.Name], each)
	}
	for _, name := range names {
		kind := gauge
		if groups[name][0].Counter {
			kind = counter
		}
		text = appendHead(text, name, kind, groups[name][0].Description)
		for _, each := range groups[name] {
			text = appendSample(text, name, sortedLabels(each.Labels), each.Value)
		}
	}
	return text, problems
}

func check(metric jobs.Metric) error {
	if !metricName.MatchString(metric.Name) {
		return fmt.Errorf("%q is not a name that Prometheus takes", metric.Name)
	}
	for name := range metric.Labels {
		if !labelName.MatchString(name) {
			return fmt.Errorf("%q is not a label of %s that Prometheus takes", name, metric.Name)
		}
	}
	return nil
}

func sortedLabels(labels map[string]string) []label {
	sorted := make([]label, 0, len(labels))
	for name, value := range labels {
		sorted = append(sorted, label{name, value})
	}
	sort.Slice(sorted, func(a, b int) bool { return sorted[a].name < sorted[b].name })
	return sorted
}
