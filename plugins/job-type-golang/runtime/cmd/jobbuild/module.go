package main

import (
	"encoding/json"
	"fmt"
	"go/version"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// wrapperModule is the module of the wrapper and of the library that jobs import.
const wrapperModule = "racetrack/jobs"

// ownGoMod is for a job that has none.
const ownGoMod = "module job\n\ngo 1.22\n"

// module is what a go.mod says, in the words of `go mod edit -json`.
type module struct {
	Module struct{ Path string }
	Go     string
	// Require lists the modules that the job needs.
	Require []struct{ Path, Version string }
}

// openModule reads the job's go.mod, or writes one.
func openModule(tool *goTool, source string) (*module, error) {
	path := filepath.Join(source, "go.mod")
	if _, err := os.Lstat(path); os.IsNotExist(err) {
		fmt.Println("the job has no go.mod and gets one: module job")
		if err := os.WriteFile(path, []byte(ownGoMod), 0o644); err != nil {
			return nil, err
		}
	}
	text, err := tool.read("mod", "edit", "-json")
	if err != nil {
		return nil, problem("the job's go.mod cannot be read: "+err.Error(), "Correct go.mod; \"go mod tidy\" finds its mistakes.")
	}
	var read module
	if err := json.Unmarshal(text, &read); err != nil {
		return nil, err
	}
	return &read, read.check()
}

func (m *module) check() error {
	name := m.Module.Path
	if name == "" {
		return problem("the job's go.mod does not say the name of its module", "Begin it with a line such as: module adder")
	}
	if name == wrapperModule || strings.HasPrefix(name, wrapperModule+"/") {
		return problem("the job's module is called "+name+", which is the library's name", "Choose another name in go.mod.")
	}
	if m.Go != "" && version.Compare("go"+m.Go, runtime.Version()) > 0 {
		return problem(
			fmt.Sprintf("the job's go.mod wants Go %s, but this host has %s", m.Go, strings.TrimPrefix(runtime.Version(), "go")),
			"Install a newer Go on the host, or lower the line \"go\" in go.mod.",
		)
	}
	return nil
}

// fetchModules downloads what the job requires, checked against go.sum.
func fetchModules(tool *goTool, chosen options, required *module) error {
	if _, err := os.Stat(filepath.Join(chosen.source, "vendor")); err == nil {
		fmt.Println("warning: the folder vendor of the job is not used; its modules are downloaded")
	}
	if chosen.gomod != "" && filepath.Clean(chosen.gomod) != "go.mod" {
		without := *tool
		without.workspace = "off"
		if err := download(&without, "-modfile="+filepath.Join(chosen.source, chosen.gomod)); err != nil {
			return err
		}
	}
	for _, each := range required.Require {
		if each.Path != wrapperModule {
			return download(tool)
		}
	}
	return nil
}

func download(tool *goTool, flags ...string) error {
	text, err := tool.capture(append([]string{"mod", "download"}, flags...)...)
	fmt.Print(text)
	if err == nil {
		return nil
	}
	if isTampered(text) {
		return problem("a module of the job is not what its go.sum says", checksumAdvice)
	}
	return problem("the modules of the job cannot be downloaded: "+firstComplaint(text),
		"Module proxies and private modules are told by GOPROXY, GOPRIVATE and GONOSUMDB in build_env.")
}
