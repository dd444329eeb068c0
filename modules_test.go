package ptd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRealtestModules finds the modules of realtest whose own go.sum has fallen behind what
// ptd's packages import: they are compiled by `make test-real` and CI only, where it would be
// seen late. A module that is not in the cache of this machine is not looked at.
func TestRealtestModules(t *testing.T) {
	definitions, err := filepath.Glob("realtest/*/go.mod")
	if err != nil || len(definitions) == 0 {
		t.Fatalf("find the modules of realtest: %v, %d found", err, len(definitions))
	}
	for _, definition := range definitions {
		directory := filepath.Dir(definition)
		t.Run(filepath.Base(directory), func(t *testing.T) {
			command := exec.Command("go", "list", "-e", "-deps", "-test", "-f", "{{with .Error}}{{.Err}}{{end}}", "./...")
			command.Dir = directory
			command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOPROXY=off")
			output, err := command.CombinedOutput()
			for line := range strings.Lines(string(output)) {
				if strings.Contains(line, "missing go.sum entry") || strings.Contains(line, "updates to go.mod needed") || strings.Contains(line, "no required module provides") {
					t.Errorf("%s(go mod tidy in %s)", line, directory)
				}
			}
			if err != nil && !t.Failed() {
				t.Skipf("list the packages of %s: %v", directory, err)
			}
		})
	}
}
