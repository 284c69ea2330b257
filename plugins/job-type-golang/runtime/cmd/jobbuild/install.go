package main

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
)

// install puts the files of the Swagger page into the environment, where every job of this type finds them.
func install(arguments []string) error {
	flags := flag.NewFlagSet("install", flag.ContinueOnError)
	from := flags.String("swagger-dir", "", "folder of the Swagger page's files")
	to := flags.String("target", "", "folder to put them into")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if err := os.MkdirAll(*to, 0o755); err != nil {
		return err
	}
	var failures []error
	for _, name := range []string{"swagger-ui.css", "swagger-ui-bundle.js"} {
		content, err := os.ReadFile(filepath.Join(*from, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(*to, name), content, 0o644)
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}
