package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// goTool runs the go command in the job's source.
type goTool struct {
	program string
	dir     string
	// workspace is the path of a go.work file; "off" without one.
	workspace string
	env       []string
}

func newGoTool(chosen options) *goTool {
	cgo := "0"
	if chosen.usesCgo {
		cgo = "1"
	}
	flags := ""
	for _, each := range strings.Fields(os.Getenv("GOFLAGS")) {
		// A workspace decides about this itself.
		if !strings.HasPrefix("-"+strings.TrimLeft(each, "-"), "-mod=") {
			flags += each + " "
		}
	}
	return &goTool{
		program:   chosen.goTool,
		dir:       chosen.source,
		workspace: "off",
		// What was downloaded has to be removable by whoever trims the caches.
		env: append(os.Environ(), "GOFLAGS="+flags+"-modcacherw", "GOTOOLCHAIN=local", "GOENV=off", "CGO_ENABLED="+cgo),
	}
}

func (t *goTool) command(arguments ...string) *exec.Cmd {
	command := exec.Command(t.program, arguments...)
	command.Dir = t.dir
	command.Env = append(t.env[:len(t.env):len(t.env)], "GOWORK="+t.workspace)
	return command
}

// run shows the command's output as it comes.
func (t *goTool) run(arguments ...string) error {
	command := t.command(arguments...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("go %s failed: %w", strings.Join(arguments, " "), err)
	}
	return nil
}

// capture answers the command's output, both streams in one.
func (t *goTool) capture(arguments ...string) (string, error) {
	output, err := t.command(arguments...).CombinedOutput()
	return string(output), err
}

// read answers what the command prints; what it complains about is in the error.
func (t *goTool) read(arguments ...string) ([]byte, error) {
	command := t.command(arguments...)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s", strings.TrimSpace(complaints.String()))
	}
	return output, nil
}
