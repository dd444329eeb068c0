package sandbox_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNoCloudOutsideItsPackage makes sure that neither the core nor the providers that work
// in any cloud know types of one: what they need of it, the type itself serves.
func TestNoCloudOutsideItsPackage(t *testing.T) {
	t.Parallel()
	token := regexp.MustCompile(`"(aws|azure-native):`)
	read := 0
	for _, folder := range []string{".", "rule", "sandboxtest", "kubernetes", "postgresql", "random", "tls"} {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			if folder == "." && strings.HasSuffix(file, "_test.go") {
				continue // the tests of the core have a cloud of their own
			}
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			read++
			assert.Empty(t, token.FindString(string(content)), file)
		}
	}
	assert.Greater(t, read, 60)
}
