package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/scanner"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// offered are the functions of a job that the wrapper knows, in the order in which they are written down.
var offered = []string{"Perform", "Init", "DocsInputExample", "AuxiliaryEndpoints", "StaticEndpoints", "Metrics"}

const performForms = `Perform takes map[string]interface{}, a struct, or ([]interface{}, map[string]interface{}), ` +
	`optionally after a context.Context, and returns (interface{}, error) or (Output, error).`

// jobPackage is what the root package of a job offers.
type jobPackage struct {
	// functions are those of the names in offered.
	functions []string
	// doc is the comment of Perform.
	doc string
}

func parsePackage(source string, usesCgo bool) (*jobPackage, error) {
	context := build.Default
	context.CgoEnabled = usesCgo
	found, err := context.ImportDir(source, 0)
	if err != nil {
		return nil, presentImport(err)
	}
	if found.Name == "main" {
		return nil, problem("the root package of the job is called main, and a package main cannot be served",
			"Write another name behind \"package\" in the Go files of the job's root, such as \"package job\", and export the function Perform; a function main is not needed.")
	}
	declarations, err := parseFunctions(source, slices.Concat(found.GoFiles, found.CgoFiles))
	if err != nil {
		return nil, err
	}
	result := &jobPackage{}
	for _, name := range offered {
		declaration := declarations[name]
		if declaration == nil {
			continue
		}
		if err := checkForm(name, declaration); err != nil {
			return nil, err
		}
		result.functions = append(result.functions, name)
	}
	perform := declarations["Perform"]
	if perform == nil && declarations["AuxiliaryEndpoints"] == nil {
		return nil, problem("the root package of the job has no function Perform", performForms)
	}
	if perform != nil {
		result.doc = strings.TrimSpace(perform.Doc.Text())
	}
	return result, nil
}

func presentImport(err error) error {
	var none *build.NoGoError
	var several *build.MultiplePackageError
	var mistakes scanner.ErrorList
	switch {
	case errors.As(err, &none):
		return problem("the job has no Go file in its root folder", "Set git.directory to the folder that holds the job's package.")
	case errors.As(err, &several):
		return problem(fmt.Sprintf("the job's root folder holds several packages: %s", strings.Join(several.Packages, ", ")),
			"Move all but one to folders of their own.")
	case errors.As(err, &mistakes):
		return presentMistakes(mistakes)
	}
	return err
}

func presentMistakes(mistakes scanner.ErrorList) error {
	lines := make([]string, len(mistakes))
	for index, each := range mistakes {
		each.Pos.Filename = filepath.Base(each.Pos.Filename)
		lines[index] = each.Error()
	}
	return errors.New("the job does not compile: " + strings.Join(lines, "\n"))
}

func parseFunctions(source string, files []string) (map[string]*ast.FuncDecl, error) {
	declarations := map[string]*ast.FuncDecl{}
	set := token.NewFileSet()
	for _, name := range files {
		file, err := parser.ParseFile(set, filepath.Join(source, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, presentImport(err)
		}
		for _, each := range file.Decls {
			if function, ok := each.(*ast.FuncDecl); ok && function.Recv == nil {
				declarations[function.Name.Name] = function
			}
		}
	}
	return declarations, nil
}

// checkForm finds what can be told without types; the rest is found when the job starts.
func checkForm(name string, declaration *ast.FuncDecl) error {
	kind := declaration.Type
	if kind.TypeParams != nil {
		return problem(name+" has type parameters, so that nobody knows what it takes", "Write it for one type.")
	}
	parameters, results := kind.Params.NumFields(), kind.Results.NumFields()
	if name == "Perform" {
		if parameters > 3 || results > 2 {
			return problem("Perform has a form that cannot be called", performForms)
		}
		return nil
	}
	if parameters > 0 || results > 1 || results == 0 && name != "Init" {
		return problem(fmt.Sprintf("%s has a form that cannot be called", name), "It has to be "+map[string]string{
			"Init":               "func Init() error",
			"DocsInputExample":   "func DocsInputExample() map[string]any",
			"AuxiliaryEndpoints": "func AuxiliaryEndpoints() map[string]any",
			"StaticEndpoints":    "func StaticEndpoints() map[string]string",
			"Metrics":            "func Metrics() []jobs.Metric",
		}[name])
	}
	return nil
}
