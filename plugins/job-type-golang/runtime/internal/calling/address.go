package calling

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

var percentCode = regexp.MustCompile("%[0-9a-fA-F]{2}")

// Address makes the address of another job's endpoint below "/job". Calls carry the token of the calling job: nothing in a
// name, a version or a path may choose another job than the one that is named. The path begins with "/" and may have a query.
func Address(name, version, path string) (string, error) {
	for _, part := range []struct{ what, text string }{{"name", name}, {"version", version}} {
		plain := decode(part.text)
		if plain == "" || isDots(plain) || strings.ContainsAny(plain, `/\?#`) || strings.ContainsFunc(plain, unicode.IsControl) {
			return "", fmt.Errorf(`the %s of the job to call must not be empty, "." or "..", and must not hold "/", "\", "?", "#" or a control character: %q`,
				part.what, part.text)
		}
	}
	if !strings.HasPrefix(path, "/") {
		return "", fmt.Errorf("the path %q does not begin with \"/\"", path)
	}
	place := path
	if end := strings.IndexAny(path, "?#"); end >= 0 {
		place = path[:end]
	}
	plain := decode(place)
	if strings.Contains(plain, `\`) || strings.ContainsFunc(plain, unicode.IsControl) {
		return "", fmt.Errorf(`the path of the job to call must not hold "\" or a control character: %q`, path)
	}
	for _, segment := range strings.Split(plain, "/") {
		if isDots(segment) {
			return "", fmt.Errorf(`the path of the job to call must not hold a segment "." or "..": %q`, path)
		}
	}
	return url.PathEscape(name) + "/" + url.PathEscape(version) + path, nil
}

func isDots(text string) bool { return text == "." || text == ".." }

// decode leaves no percent codes, not even those that come to light when others are gone.
func decode(text string) string {
	for {
		plain := percentCode.ReplaceAllStringFunc(text, func(code string) string {
			value, _ := strconv.ParseUint(code[1:], 16, 8)
			return string(rune(value))
		})
		if plain == text {
			return text
		}
		text = plain
	}
}
