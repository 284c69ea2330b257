package main

import (
	"fmt"
	"os"
	"strings"
)

const unpinned = "warning: go.mod or go.sum of the job is not complete, so that its modules are not pinned; " +
	"run \"go mod tidy\" and commit both files\n"

// lacksModules says whether the go command complains of what go.mod or go.sum leave out.
func lacksModules(text string) bool {
	for _, sign := range []string{
		"no required module provides package", "missing go.sum entry", "updates to go.mod needed", "updates to go.sum needed",
		"cannot find module providing package",
	} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

// firstComplaint is the first line of the compiler's that names a place.
func firstComplaint(text string) string {
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "go: downloading") {
			return strings.TrimPrefix(line, "./")
		}
	}
	return "the compiler has not said why"
}

func adviceOn(text string) string {
	switch {
	case strings.Contains(text, "build constraints exclude all Go files"), strings.Contains(text, "C source files not allowed"):
		return "A package of the job needs C: set jobtype_extra.cgo to true, and have a C compiler on the host."
	case isTampered(text):
		return checksumAdvice
	}
	return "Correct the lines named above; \"go build\" in the job's folder shows the same."
}

// warnAboutSums reads what the go command had to add to the sums of the job.
func warnAboutSums(path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	for _, line := range strings.Split(string(text), "\n") {
		if fields := strings.Fields(line); len(fields) == 3 && !strings.HasSuffix(fields[1], "/go.mod") {
			fmt.Print(unpinned)
			return
		}
	}
}

const checksumAdvice = "Find out why before you change go.sum: somebody may have replaced the module."

func isTampered(text string) bool {
	return strings.Contains(text, "checksum mismatch")
}
