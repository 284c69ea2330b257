package wrapper

import "strings"

// splitPrefix takes `/pub/job/adder/1.x/live` apart into `/pub/job/adder/1.x` and `/live`; a bare prefix leaves an
// empty path. A job answers below any name and any version.
func splitPrefix(path string) (prefix, rest string) {
	after, found := strings.CutPrefix(path, "/pub/job/")
	if !found {
		after, found = strings.CutPrefix(path, "/pub/fatman/")
	}
	if !found {
		return "", path
	}
	name := strings.IndexByte(after, '/')
	if name <= 0 || name == len(after)-1 || after[name+1] == '/' {
		return "", path
	}
	version := strings.IndexByte(after[name+1:], '/')
	if version < 0 {
		return path, ""
	}
	end := len(path) - len(after) + name + 1 + version
	return path[:end], path[end:]
}
