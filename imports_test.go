// Package ptd_test holds the rules that concern the module as a whole.
package ptd_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/ptd-go/ptd/"

// allowed says which layers each layer may import
// (docs/reference/design.md 2: imports go one way, cmd → ensure → stacks → components). Layers
// are found by the longest prefix.
var allowed = map[string][]string{
	"cmd":                {"cmd", "ensure", "stacks/config", "files"},
	"ensure":             {"ensure", "ensure/engine", "ensure/step", "ensure/awsworkload", "stacks", "stacks/config", "stacks/output", "providers", "files"},
	"ensure/awsworkload": {"ensure/awsworkload", "ensure/step", "stacks", "stacks/action", "stacks/config", "stacks/output", "providers"},
	"ensure/step":        {"ensure/step", "ensure/engine", "stacks/action", "stacks/config", "stacks/output", "providers"},
	"ensure/engine":      {"files"},
	"files":              {},
	"stacks":             {"stacks", "stacks/action", "stacks/config", "stacks/output", "components", "providers"},
	"stacks/action":      {},
	"stacks/config":      {"files"},
	"stacks/output":      {},
	"components":         {"components"},
	"providers":          {"providers", "files"},
	everywhere:           {},
}

// everywhere is a layer that knows nothing of the others, and that all may import.
const everywhere = "apply"

// onlyImporters are packages that one layer keeps to itself.
var onlyImporters = map[string]string{
	"github.com/pulumi/pulumi/pkg/v3": "ensure/engine",
	"github.com/urfave/cli/v2":        "cmd",
}

// clouds may not meet below ensure and cmd: compiling both is slow.
var clouds = []string{"github.com/pulumi/pulumi-aws/", "github.com/pulumi/pulumi-azure-native-sdk/"}

// cloudNeutral are the folders of what is the same on every cloud, ofOneCloud what they
// may not get at.
var (
	cloudNeutral = []string{"stacks/action", "stacks/config", "stacks/output", "stacks/workload", "components/kubernetes", "components/postgresql"}
	ofOneCloud   = append([]string{
		"github.com/aws/", "github.com/Azure/", "github.com/pulumi/pulumi-eks/", module + "providers/aws/", module + "components/aws/",
	}, clouds...)
)

func layer(folder string) string {
	best := ""
	for candidate := range allowed {
		if (folder == candidate || strings.HasPrefix(folder, candidate+"/")) && len(candidate) > len(best) {
			best = candidate
		}
	}
	return best
}

func TestImportsGoOneWay(t *testing.T) {
	for file, imports := range sources(t) {
		from := layer(path.Dir(file))
		if from == "" {
			t.Errorf("%s is in no layer of docs/reference/design.md 2", file)
			continue
		}
		for _, imported := range imports {
			if inside, ok := strings.CutPrefix(imported, module); ok && layer(inside) != everywhere && !contains(allowed[from], layer(inside)) {
				t.Errorf("%s (layer %s) imports %s (layer %s)", file, from, inside, layer(inside))
			}
			for prefix, owner := range onlyImporters {
				if strings.HasPrefix(imported, prefix) && from != owner {
					t.Errorf("%s imports %s, which only %s may", file, imported, owner)
				}
			}
		}
	}
}

// TestPanicsAreErrors finds functions that are given to the SDK without the guard of package
// apply: their panic ends the process, with the target locked.
func TestPanicsAreErrors(t *testing.T) {
	found := 0
	for file := range sources(t) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for number, line := range strings.Split(string(content), "\n") {
			guarded := strings.Contains(line, "apply.To") || strings.Contains(line, "{apply.Transform(")
			if guarded {
				found++
			}
			bare := strings.Contains(line, ".ApplyT(") || strings.Contains(line, ".ApplyTWithContext(") ||
				strings.Contains(line, "[]pulumi.ResourceTransform{") && !guarded
			if bare && path.Dir(file) != "apply" && !strings.HasSuffix(file, "_test.go") {
				t.Errorf("%s:%d: use apply.To, apply.ToWithContext or apply.Transform", file, number+1)
			}
		}
	}
	if found == 0 {
		t.Fatal("nothing is applied: this test looks in the wrong place")
	}
}

func TestCloudsDoNotMeet(t *testing.T) {
	seen := map[string]map[string]bool{}
	for file, imports := range sources(t) {
		folder := path.Dir(file)
		if from := layer(folder); from == "ensure" || from == "cmd" {
			continue
		}
		for _, imported := range imports {
			for _, cloud := range clouds {
				if strings.HasPrefix(imported, cloud) {
					if seen[folder] == nil {
						seen[folder] = map[string]bool{}
					}
					seen[folder][cloud] = true
				}
			}
		}
	}
	if len(seen) == 0 {
		t.Fatal("no package imports a cloud: this test looks in the wrong place")
	}
	for folder, found := range seen {
		if len(found) > 1 {
			t.Errorf("%s imports several clouds", folder)
		}
	}
}

// TestRunnerKnowsNoCloud holds the runner free of clouds, also through what it imports.
func TestRunnerKnowsNoCloud(t *testing.T) {
	t.Parallel()
	listed, err := exec.Command("go", "list", "-deps", "./ensure/step").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(listed), module+"ensure/engine\n") {
		t.Fatal("the runner does not use the engine: this test looks in the wrong place")
	}
	for _, cloud := range append(slices.Clone(clouds), module+"providers/aws", module+"providers/azure", module+"components/aws") {
		if strings.Contains(string(listed), cloud) {
			t.Errorf("ensure/step brings %s along", cloud)
		}
	}
}

// What a workload is on any cloud knows none, not even through a package that it imports.
func TestNeutralPackagesKnowNoCloud(t *testing.T) {
	imports := map[string]map[string]bool{} // by folder
	for file, imported := range sources(t) {
		folder := path.Dir(file)
		if imports[folder] == nil {
			imports[folder] = map[string]bool{}
		}
		for _, name := range imported {
			imports[folder][name] = true
		}
	}
	neutral := 0
	for folder := range imports {
		if !slices.ContainsFunc(cloudNeutral, func(under string) bool { return folder == under || strings.HasPrefix(folder, under+"/") }) {
			continue
		}
		neutral++
		seen := map[string]bool{}
		var visit func(folder string)
		visit = func(below string) {
			if seen[below] {
				return
			}
			seen[below] = true
			for imported := range imports[below] {
				if slices.ContainsFunc(ofOneCloud, func(cloud string) bool { return strings.HasPrefix(imported+"/", cloud) }) {
					t.Errorf("%s knows a cloud: %s imports %s", folder, below, imported)
				}
				if inside, ok := strings.CutPrefix(imported, module); ok {
					visit(inside)
				}
			}
		}
		visit(folder)
	}
	if neutral < len(cloudNeutral) {
		t.Errorf("%d neutral packages found: this test looks in the wrong place", neutral)
	}
}

func TestNoPackageIsCalledUtil(t *testing.T) {
	for file := range sources(t) {
		for _, part := range strings.Split(path.Dir(file), "/") {
			if contains([]string{"util", "utils", "common", "helpers", "types", "misc"}, part) {
				t.Errorf("%s: name the package after what it provides", file)
			}
		}
	}
}

// sources lists the Go files that are not tests, each with its imports.
func sources(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, name := range goFiles(t) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		found[name] = []string{}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			found[name] = append(found[name], imported)
		}
	}
	return found
}

// goFiles lists the Go files, tests included.
func goFiles(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && file != "." || entry.Name() == "testdata" || entry.Name() == "bin") {
			return fs.SkipDir
		}
		if _, err := os.Stat(filepath.Join(file, "go.mod")); entry.IsDir() && file != "." && err == nil {
			return fs.SkipDir // a module of its own
		}
		if strings.HasSuffix(file, ".go") {
			found = append(found, filepath.ToSlash(file))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatal("no Go files found")
	}
	return found
}

func contains(list []string, item string) bool {
	for _, candidate := range list {
		if candidate == item {
			return true
		}
	}
	return false
}
