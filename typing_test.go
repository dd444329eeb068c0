package ptd_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRenamedOutputDoesNotCompile proves that stack outputs are typed from end to
// end: a field of persistent's Outputs is renamed, with all that fills it in, and
// the packages that take it do not compile any more.
func TestRenamedOutputDoesNotCompile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ field, consumer, where string }{
		{"DBAddress", "./stacks/awsworkload", "postgres_config.go"}, // a later stack
		{"DBSecretARN", "./stacks/awsworkload", "sites.go"},         // the one before the last
		{"DBURL", "./ensure", "aws_workload.go"},                    // the runner
	} {
		t.Run(test.field, func(t *testing.T) {
			output, err := buildRenamed(t, test.field, test.consumer)
			if err == nil {
				t.Fatalf("%s compiles although %s is called differently", test.consumer, test.field)
			}
			if !strings.Contains(output, test.where) || !strings.Contains(output, test.field) {
				t.Fatalf("the build failed for another reason:\n%s", output)
			}
		})
	}
	if output, err := buildRenamed(t, "NoSuchField", "./ensure"); err != nil {
		t.Fatalf("without a renamed field it does not compile either:\n%s", output)
	}
}

// buildRenamed compiles a package with a field renamed in the files of the stack
// persistent.
func buildRenamed(t *testing.T, field, consumer string) (string, error) {
	t.Helper()
	scratch := t.TempDir()
	files, err := filepath.Glob("stacks/awsworkload/persistent*.go")
	if err != nil {
		t.Fatal(err)
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		original, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		changed := filepath.Join(scratch, filepath.Base(file))
		renamed := strings.ReplaceAll(strings.ReplaceAll(string(content), "outputs."+field, "outputs."+field+"Renamed"),
			"\t"+field+" ", "\t"+field+"Renamed ")
		if err := os.WriteFile(changed, []byte(renamed), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[original] = changed
	}
	described, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(scratch, "overlay.json")
	if err := os.WriteFile(path, described, 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command("go", "build", "-overlay", path, consumer)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := command.CombinedOutput()
	return string(output), err
}
