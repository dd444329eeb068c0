package config

import (
	"strconv"
	"strings"
)

// OlderThan says that the version of a chart, "1.6.0" or "v1.6.0", is before major.minor. What
// is no such version is not older.
func OlderThan(version string, major, minor int) bool {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(parts) < 2 {
		return false
	}
	first, errMajor := strconv.Atoi(parts[0])
	second, errMinor := strconv.Atoi(parts[1])
	return errMajor == nil && errMinor == nil && (first < major || first == major && second < minor)
}
