package ptd_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

var updateLinked = flag.Bool("update", false, "write the list of linked packages anew")

const linkedList = "testdata/linked_packages.txt"

// TestLinkedPackages holds the modules whose packages ptd links, and how many of each:
// what is linked is compiled by whoever builds ptd, and begun at each start. A package
// that comes in through another one easily brings a hundred more.
func TestLinkedPackages(t *testing.T) {
	command := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "./cmd/ptd")
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOOS=linux", "GOARCH=amd64")
	var failure bytes.Buffer
	command.Stderr = &failure
	output, err := command.Output()
	if err != nil {
		t.Fatalf("list the packages of ptd: %v\n%s", err, failure.String())
	}
	found := map[string]int{}
	for module := range strings.Lines(string(output)) {
		if module = strings.TrimSpace(module); module != "" {
			found[module]++
		}
	}
	var got strings.Builder
	for _, module := range slices.Sorted(maps.Keys(found)) {
		fmt.Fprintf(&got, "%d %s\n", found[module], module)
	}
	if *updateLinked {
		if err := os.WriteFile(linkedList, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(linkedList)
	if err != nil {
		t.Fatal(err)
	}
	before, after := lines(string(want)), lines(got.String())
	for _, line := range slices.Sorted(maps.Keys(after)) {
		if !before[line] {
			t.Errorf("now linked, packages and module: %s", line)
		}
	}
	for _, line := range slices.Sorted(maps.Keys(before)) {
		if !after[line] {
			t.Errorf("no longer: %s", line)
		}
	}
	if t.Failed() {
		t.Logf("See which package brings it: CGO_ENABLED=0 go list -deps ./cmd/ptd, and go mod why <package>. "+
			"If ptd is to link it: go test . -run TestLinkedPackages -update, which writes %s.", linkedList)
	}
}

func lines(text string) map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(text) {
		set[strings.TrimSpace(line)] = true
	}
	return set
}
