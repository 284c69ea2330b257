package main

import (
	"os"
	"strconv"
	"strings"
)

// loadSecrets makes variables of the lines of a file; none when there is no such file.
func loadSecrets(path string) error {
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, line := range strings.Split(string(text), "\n") {
		name, value, found := strings.Cut(strings.TrimSpace(line), "=")
		if !found || strings.HasPrefix(name, "#") {
			continue
		}
		if unquoted, err := strconv.Unquote(value); err == nil {
			value = unquoted
		}
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}
