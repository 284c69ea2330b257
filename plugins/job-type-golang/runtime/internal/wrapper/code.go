package wrapper

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	"racetrack/jobs"
	"racetrack/jobs/internal/functions"
)

const (
	apiPrefix   = "/api/v1"
	performPath = apiPrefix + "/perform"
	// maxExampleBytes bounds an example: it is part of every copy of the documentation.
	maxExampleBytes = 1 << 20
)

// Code is what a job's root package offers; absent functions are nil.
type Code struct {
	Perform any
	// Doc is the documentation comment of Perform.
	Doc                string
	Init               any
	DocsInputExample   any
	AuxiliaryEndpoints any
	StaticEndpoints    any
	Metrics            any
}

// job is a job that is ready.
type job struct {
	// endpoints by their full path.
	endpoints map[string]*endpoint
	// files by their full path.
	files   map[string]string
	metrics func() []jobs.Metric
}

// endpoint is a function that is called by POST.
type endpoint struct {
	path     string
	function *functions.Function
	doc      string
	example  json.RawMessage
	counts   counts
}

func (c *Code) load() (*job, error) {
	if err := c.initialise(); err != nil {
		return nil, err
	}
	loaded := &job{endpoints: map[string]*endpoint{}, files: map[string]string{}}
	if err := c.loadPerform(loaded); err != nil {
		return nil, err
	}
	if err := c.loadAuxiliary(loaded); err != nil {
		return nil, err
	}
	if err := c.loadFiles(loaded); err != nil {
		return nil, err
	}
	if c.Metrics != nil {
		metrics, ok := c.Metrics.(func() []jobs.Metric)
		if !ok {
			return nil, wrongForm("Metrics", c.Metrics, "func() []jobs.Metric")
		}
		loaded.metrics = metrics
	}
	return loaded, nil
}

func (c *Code) initialise() error {
	switch function := c.Init.(type) {
	case nil:
		return nil
	case func() error:
		return function()
	case func():
		function()
		return nil
	}
	return wrongForm("Init", c.Init, "func() error")
}

func (c *Code) loadPerform(loaded *job) error {
	if c.Perform == nil {
		return nil
	}
	function, err := functions.New(c.Perform)
	if err != nil {
		return fmt.Errorf("Perform has a form that cannot be called: %w", err)
	}
	example, err := c.example()
	if err != nil {
		return err
	}
	loaded.endpoints[performPath] = &endpoint{path: performPath, function: function, doc: c.Doc, example: example}
	return nil
}

func (c *Code) example() (json.RawMessage, error) {
	if c.DocsInputExample == nil {
		return json.RawMessage("{}"), nil
	}
	value, err := callPlain("DocsInputExample", c.DocsInputExample)
	if err != nil {
		return nil, err
	}
	example, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("invalid docs input example: %w", err)
	}
	if !strings.HasPrefix(string(example), "{") {
		return nil, errors.New("invalid docs input example: it is no JSON object")
	}
	if len(example) > maxExampleBytes {
		return nil, fmt.Errorf("invalid docs input example: it takes %d bytes, more than %d", len(example), maxExampleBytes)
	}
	return example, nil
}

func (c *Code) loadAuxiliary(loaded *job) error {
	if c.AuxiliaryEndpoints == nil {
		return nil
	}
	offer, ok := c.AuxiliaryEndpoints.(func() map[string]any)
	if !ok {
		return wrongForm("AuxiliaryEndpoints", c.AuxiliaryEndpoints, "func() map[string]any")
	}
	for path, each := range offer() {
		function, err := functions.New(each)
		if err != nil {
			return fmt.Errorf("the function of the auxiliary endpoint %s cannot be called: %w", path, err)
		}
		full := apiPrefix + withSlash(path)
		if loaded.endpoints[full] != nil {
			return fmt.Errorf("the auxiliary endpoint %s is there twice", path)
		}
		loaded.endpoints[full] = &endpoint{path: full, function: function, example: json.RawMessage("{}")}
	}
	return nil
}

func (c *Code) loadFiles(loaded *job) error {
	if c.StaticEndpoints == nil {
		return nil
	}
	offer, ok := c.StaticEndpoints.(func() map[string]string)
	if !ok {
		return wrongForm("StaticEndpoints", c.StaticEndpoints, "func() map[string]string")
	}
	for path, name := range offer() {
		if _, err := os.Stat(name); err != nil {
			return fmt.Errorf("static endpoint %s: there is no file %s in the job", path, name)
		}
		if err := listFiles(loaded.files, apiPrefix+withSlash(path), name); err != nil {
			return err
		}
	}
	return nil
}

// callPlain calls a function without arguments and with one result.
func callPlain(name string, function any) (any, error) {
	value := reflect.ValueOf(function)
	if kind := value.Type(); kind.NumIn() != 0 || kind.NumOut() != 1 {
		return nil, wrongForm(name, function, "func() map[string]any")
	}
	return value.Call(nil)[0].Interface(), nil
}

func wrongForm(name string, found any, expected string) error {
	return fmt.Errorf("%s is %T, but has to be %s", name, found, expected)
}

func withSlash(path string) string {
	return "/" + strings.TrimPrefix(path, "/")
}

func (j *job) sortedEndpoints() []*endpoint {
	list := make([]*endpoint, 0, len(j.endpoints))
	for _, each := range j.endpoints {
		list = append(list, each)
	}
	sort.Slice(list, func(a, b int) bool { return list[a].path < list[b].path })
	return list
}
