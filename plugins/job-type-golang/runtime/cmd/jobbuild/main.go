// Command jobbuild makes a program of a job's source: it looks at the job's root package, writes the program's main
// function, joins job and wrapper in a workspace, and compiles.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// options are what the job type's plan says.
type options struct {
	source  string
	wrapper string
	output  string
	goTool  string
	// gomod is a further file of modules to fetch beforehand; empty: none.
	gomod   string
	usesCgo bool
	// secrets is a file of variables for the build alone; it need not be there.
	secrets string
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "install" {
		exitOn(install(os.Args[2:]))
		return
	}
	var chosen options
	flag.StringVar(&chosen.source, "source", ".", "folder of the job's root package")
	flag.StringVar(&chosen.wrapper, "wrapper", "", "folder of the module racetrack/jobs")
	flag.StringVar(&chosen.output, "output", "", "the program to make, relative to the source")
	flag.StringVar(&chosen.goTool, "go", "go", "the go command")
	flag.StringVar(&chosen.gomod, "gomod", "", "a file of modules to fetch beforehand, relative to the source")
	flag.BoolVar(&chosen.usesCgo, "cgo", false, "compile C code of the job and its modules")
	flag.StringVar(&chosen.secrets, "secrets", "", "a file of variables for the build, one KEY=\"value\" a line")
	flag.Parse()
	exitOn(buildJob(chosen))
}

func exitOn(err error) {
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// problem is an error that tells its reader what to do.
func problem(text, advice string) error {
	return fmt.Errorf("%s\nhint: %s", text, advice)
}

func buildJob(chosen options) error {
	var err error
	if chosen.source, err = filepath.Abs(chosen.source); err != nil {
		return err
	}
	if chosen.wrapper, err = filepath.Abs(chosen.wrapper); err != nil {
		return err
	}
	if err := loadSecrets(chosen.secrets); err != nil {
		return err
	}
	tool := newGoTool(chosen)
	module, err := openModule(tool, chosen.source)
	if err != nil {
		return err
	}
	found, err := parsePackage(chosen.source, chosen.usesCgo)
	if err != nil {
		return err
	}
	workspace, err := createWorkspace(chosen, module, found)
	if err != nil {
		return err
	}
	defer os.RemoveAll(workspace)
	tool.workspace = filepath.Join(workspace, "go.work")
	if err := fetchModules(tool, chosen, module); err != nil {
		return err
	}
	sums := filepath.Join(workspace, "go.work.sum")
	// From here on it tells what go.sum lacks; before, also of modules that nobody needs.
	_ = os.Remove(sums)
	if err := compile(tool, chosen); err != nil {
		return err
	}
	warnAboutSums(sums)
	return nil
}

// compile writes the program into a folder of its own inside of the source, which is where the job runs.
func compile(tool *goTool, chosen options) error {
	output := filepath.Join(chosen.source, chosen.output)
	// Removed first: the source may have brought along anything of this name.
	if err := errors.Join(os.RemoveAll(filepath.Dir(output)), os.MkdirAll(filepath.Dir(output), 0o755)); err != nil {
		return err
	}
	arguments := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", output, programPath}
	text, err := tool.capture(arguments...)
	if err != nil && lacksModules(text) {
		fmt.Print(unpinned, text)
		if err := tool.run("get", "./..."); err != nil {
			return err
		}
		text, err = tool.capture(arguments...)
	}
	fmt.Print(text)
	if err != nil {
		return problem("the job does not compile: "+firstComplaint(text), adviceOn(text))
	}
	return nil
}
