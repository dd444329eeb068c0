package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"ptd": main, "aws": main, "ptd-on-full-disk": mainOnFullDisk,
		"pulumi-resource-eks": standInMain("eks"), "pulumi-resource-kubernetes": standInMain("kubernetes"),
		"pulumi-resource-postgresql": standInMain("postgresql"),
	})
}

// mainOnFullDisk is ptd where no file can grow over half a megabyte, which a
// workload's state does and its simulated cloud does not: writing fails half-way, as
// on a disk that is full.
func mainOnFullDisk() {
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 500_000, Max: 500_000}); err != nil {
		panic(err)
	}
	main()
}

// TestScripts runs ptd as a user does: each script in a directory of its own, with a
// copy of the example targets, a sandbox, and no environment to speak of. In short mode
// one stands for all.
func TestScripts(t *testing.T) {
	directory, files := "testdata/scripts", []string(nil)
	if testing.Short() {
		directory, files = "", []string{"testdata/scripts/first_run.txtar"}
	}
	testscript.Run(t, testscript.Params{
		Dir: directory, Files: files,
		Setup: setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sum":          sum,
			"replace":      replace,
			"objects":      objects,
			"summary":      summary,
			"drift":        drift,
			"older":        older,
			"private":      private,
			"edit":         edit,
			"rotate":       rotate,
			"allow":        allow,
			"once":         once,
			"changes":      writeChanges,
			"cut":          cut,
			"order":        order,
			"operate":      operate,
			"authenticate": authenticate,
			"nodes":        nodes,
			"others":       others,
			"real":         realWorld,
			"started":      started,
		},
	})
}

// setUp copies the example targets and makes the sandbox the default.
func setUp(env *testscript.Env) error {
	if err := os.CopyFS(filepath.Join(env.WorkDir, "targets"), os.DirFS("../../testdata/targets")); err != nil {
		return err
	}
	env.Setenv("PTD_SANDBOX", "1")
	env.Setenv("PTD_SANDBOX_DIR", filepath.Join(env.WorkDir, "sandbox"))
	env.Setenv("PTD_TARGETS_CONFIG_DIR", filepath.Join(env.WorkDir, "targets"))
	env.Setenv("HOME", env.WorkDir)
	if cache, err := exec.Command("go", "env", "GOCACHE").Output(); err == nil { // for custom steps
		env.Setenv("BUILD_CACHE", strings.TrimSpace(string(cache)))
	}
	env.Setenv(standInDirectory, filepath.Join(env.WorkDir, "real"))
	return nil
}

// sum file directory... writes a list of the files below the directories, each with
// the digest of its content, to file.
func sum(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: sum file directory...")
	}
	var lines []string
	for _, directory := range args[1:] {
		ts.Check(filepath.WalkDir(ts.MkAbs(directory), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			lines = append(lines, fmt.Sprintf("%x %s", sha256.Sum256(content), path))
			return err
		}))
	}
	sort.Strings(lines)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(lines, "\n")+"\n"), 0o600))
}

// replace file old new replaces a text that is in the file exactly once.
func replace(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace file old new")
	}
	content := ts.ReadFile(args[0])
	unescape := strings.NewReplacer(`\n`, "\n")
	old, new := unescape.Replace(args[1]), unescape.Replace(args[2])
	if n := strings.Count(content, old); n != 1 {
		ts.Fatalf("%q is in %s %d times", old, args[0], n)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(content, old, new, 1)), 0o600))
}

// order first second fails unless the last command wrote a line that matches first, and
// only after it one that matches second.
func order(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: order first second")
	}
	first, second := -1, -1
	earlier, later := regexp.MustCompile(args[0]), regexp.MustCompile(args[1])
	for i, line := range strings.Split(ts.ReadFile("stdout"), "\n") {
		if first < 0 && earlier.MatchString(line) {
			first = i
		}
		if second < 0 && later.MatchString(line) {
			second = i
		}
	}
	if first < 0 || second < first {
		ts.Fatalf("%q is in line %d, %q in line %d", args[0], first+1, args[1], second+1)
	}
}

// cut file line cuts a file off before the one line that is exactly line.
func cut(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cut file line")
	}
	before, _, found := strings.Cut(ts.ReadFile(args[0]), "\n"+args[1]+"\n")
	if !found {
		ts.Fatalf("%s has no line %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(before+"\n"), 0o600))
}

// cloud reads the sandbox's document, which there is none of before something was made.
func cloud(ts *testscript.TestScript) map[string]map[string]any {
	var document struct {
		Objects map[string]map[string]any `json:"objects"`
	}
	if _, err := os.Stat(ts.MkAbs("sandbox/cloud.json")); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("sandbox/cloud.json")), &document))
	return document.Objects
}

// objects [type...] fails unless the sandbox has no objects besides external ones and
// those of the given types; with !, unless each type has one.
func objects(ts *testscript.TestScript, neg bool, args []string) {
	found := map[string][]string{}
	for key, object := range cloud(ts) {
		if object["external"] != true {
			typ, _ := object["type"].(string)
			found[typ] = append(found[typ], key)
		}
	}
	if neg {
		for _, typ := range args {
			if len(found[typ]) == 0 {
				ts.Fatalf("the sandbox has no %s", typ)
			}
		}
		return
	}
	for typ, keys := range found {
		if !slices.Contains(args, typ) {
			ts.Fatalf("the sandbox still has %s", strings.Join(keys, ", "))
		}
	}
}

// summaryOf is the summary of a command that ran with --json.
func summaryOf(ts *testscript.TestScript) (line, result string, changes map[string]int) {
	lines := strings.Split(strings.TrimSpace(ts.ReadFile("stdout")), "\n")
	line = lines[len(lines)-1]
	var last struct {
		Event, Result string
		Changes       map[string]int
	}
	ts.Check(json.Unmarshal([]byte(line), &last))
	if last.Event != "summary" {
		ts.Fatalf("the run ended with %s", line)
	}
	return line, last.Result, last.Changes
}

// changes file writes what the last command changed, or would have, to file.
func writeChanges(ts *testscript.TestScript, neg bool, args []string) {
	_, _, changes := summaryOf(ts)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), fmt.Appendln(nil, withoutSame(changes)), 0o600))
}

// summary result [create update replace delete] checks the last line of the standard
// output of a command that ran with --json; - stands for any number.
func summary(ts *testscript.TestScript, neg bool, args []string) {
	line, result, changes := summaryOf(ts)
	if result != args[0] {
		ts.Fatalf("the run ended with %s", line)
	}
	for i, name := range []string{"create", "update", "replace", "delete"} {
		if i+1 < len(args) && args[i+1] != "-" && args[i+1] != fmt.Sprint(changes[name]) {
			ts.Fatalf("the run ended with %s", line)
		}
	}
}

// drift type name property value edits an input of one object in the sandbox's
// document; the property may be a path, the value is JSON, and - deletes the object. What no
// resource has made has its id for a name.
func drift(ts *testscript.TestScript, neg bool, args []string) {
	var document map[string]map[string]map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("sandbox/cloud.json")), &document))
	edited := 0
	for key, object := range document["objects"] {
		urn, _ := object["urn"].(string)
		if object["type"] != args[0] || !strings.HasSuffix(urn, "::"+args[1]) && (urn != "" || object["id"] != args[1]) {
			continue
		}
		edited++
		if args[2] == "-" {
			delete(document["objects"], key)
			continue
		}
		inner, _ := object["inputs"].(map[string]any)
		path := strings.Split(args[2], "/")
		for _, part := range path[:len(path)-1] {
			inner, _ = inner[part].(map[string]any)
		}
		var value any
		ts.Check(json.Unmarshal([]byte(args[3]), &value))
		inner[path[len(path)-1]] = value
	}
	if edited != 1 {
		ts.Fatalf("%d objects are %s %s", edited, args[0], args[1])
	}
	content, err := json.MarshalIndent(document, "", "  ")
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("sandbox/cloud.json"), content, 0o600))
}

// private directory checks that nothing below it can be read by others.
func private(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			return fmt.Errorf("%s has mode %s", path, info.Mode())
		}
		return nil
	}))
}

// edit file text writes a file in place (cp would make another).
func edit(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(args[1]+"\n"), 0o600))
}

// rotate changes the master password of the only database server, as RDS does.
func rotate(ts *testscript.TestScript, neg bool, args []string) {
	var document map[string]map[string]map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("sandbox/cloud.json")), &document))
	rotated := 0
	for _, object := range document["objects"] {
		outputs, _ := object["outputs"].(map[string]any)
		text, _ := outputs["secretString"].(string)
		if inputs, _ := object["inputs"].(map[string]any); !strings.HasPrefix(fmt.Sprint(inputs["name"]), "rds!") {
			continue
		}
		var secret map[string]any
		ts.Check(json.Unmarshal([]byte(text), &secret))
		secret["password"] = fmt.Sprint(secret["password"], "x")
		content, err := json.Marshal(secret)
		ts.Check(err)
		outputs["secretString"] = string(content)
		rotated++
	}
	if rotated != 1 {
		ts.Fatalf("there are %d master passwords", rotated)
	}
	content, err := json.MarshalIndent(document, "", "  ")
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("sandbox/cloud.json"), content, 0o600))
}

// allow [flag] sets ALLOW to the URNs that the last command's guard named for a flag,
// --allow-replace if none is given.
func allow(ts *testscript.TestScript, neg bool, args []string) {
	var urns []string
	flag := append(slices.Clone(args), "--allow-replace")[0]
	for line := range strings.Lines(ts.ReadFile("stderr")) {
		if _, urn, found := strings.Cut(line, "to allow it: "+flag+" "); found {
			urns = append(urns, strings.Trim(strings.TrimSpace(urn), "'"))
		}
	}
	if len(urns) == 0 {
		ts.Fatalf("the guard named nothing")
	}
	ts.Setenv("ALLOW", strings.Join(urns, ","))
}

// once stream text fails unless the last command wrote text there exactly once.
func once(ts *testscript.TestScript, neg bool, args []string) {
	if n := strings.Count(ts.ReadFile(args[0]), args[1]); n != 1 {
		ts.Fatalf("%q is in %s %d times", args[1], args[0], n)
	}
}
