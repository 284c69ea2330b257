package wrapper

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// listFiles notes a file, or all files below a folder, by the addresses they are served at.
func listFiles(files map[string]string, address, name string) error {
	return filepath.WalkDir(name, func(found string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return nil
		}
		relative, err := filepath.Rel(name, found)
		if err != nil {
			return err
		}
		absolute, err := filepath.Abs(found)
		if err != nil {
			return err
		}
		if relative == "." {
			files[address] = absolute
		} else {
			files[strings.TrimRight(address, "/")+"/"+filepath.ToSlash(relative)] = absolute
		}
		return nil
	})
}

// serveFile reads the file anew, so that a job may rewrite it.
func serveFile(w http.ResponseWriter, r *http.Request, name string) bool {
	file, err := os.Open(name)
	if err != nil {
		return false
	}
	defer file.Close()
	stats, err := file.Stat()
	if err != nil || stats.IsDir() {
		return false
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".md":
		w.Header().Set("Content-Type", "text/markdown; charset=utf-8")
	case ".yaml", ".yml":
		w.Header().Set("Content-Type", "application/x-yaml")
	}
	http.ServeContent(w, r, name, stats.ModTime(), file)
	return true
}
