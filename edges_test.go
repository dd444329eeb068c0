package ptd_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// edge is a part of the machine that few packages may touch, so that all others can be
// tested without it, twice in one process and in parallel. To let a package touch one,
// list it with the reason; first see whether what it needs can be handed to it.
type edge struct {
	name string
	// names are what touches it, by import path: functions and variables, or "*".
	names map[string][]string
	// instead says what the others do.
	instead string
	// owners are the packages that may, by folder, each with the reason.
	owners map[string]string
}

var edges = []edge{
	{
		name: "environment variables",
		names: map[string][]string{
			"os": {"Getenv", "LookupEnv", "Environ", "Setenv", "Unsetenv", "Clearenv", "ExpandEnv",
				"UserHomeDir", "UserCacheDir", "UserConfigDir", "TempDir"},
			"syscall": {"Getenv", "Environ", "Setenv", "Unsetenv", "Clearenv"},
		},
		instead: "take the value as an argument: cmd/ptd reads settings (settings.go), " +
			"engine.Plugins gives a plugin its environment",
		owners: map[string]string{
			"cmd/ptd":          "settings, in system.go",
			"cmd/ptd/terminal": "what a library sees before main begins",
			"ensure/engine":    "what plugins and custom programs inherit",
		},
	},
	{
		name: "the clock",
		names: map[string][]string{
			"time": {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"},
		},
		instead: "take a now func() time.Time, or a ticker, as cmd/ptd hands them on (system.go)",
		owners: map[string]string{
			"cmd/ptd":                "progress, in system.go",
			"ensure/step":            "durations of steps; waiting for charts",
			"ensure/engine":          "times in state; retries of locks",
			"providers/sandbox":      "delays that faults.json asks for",
			"stacks/workload/secret": "pauses between attempts to write a secret that others write too",
		},
	},
	{
		name: "files",
		names: map[string][]string{
			"os": {"Open", "OpenFile", "OpenRoot", "OpenInRoot", "Create", "CreateTemp", "NewFile", "ReadFile", "WriteFile",
				"ReadDir", "CopyFS", "DirFS", "Mkdir", "MkdirAll", "MkdirTemp", "Remove", "RemoveAll", "Rename", "Link", "Symlink",
				"Readlink", "Truncate", "Chmod", "Chown", "Chtimes", "Stat", "Lstat", "Getwd", "Chdir"},
			"path/filepath": {"Walk", "WalkDir", "Glob", "EvalSymlinks", "Abs"},
			"io/ioutil":     {"*"},
			"syscall":       {"Flock", "Open", "Umask"},
		},
		instead: "take an io.Reader or fs.FS, or ask the owner: configuration comes from config.OpenTree, " +
			"state goes through engine.Backend, simulated clouds through sandbox.Open",
		owners: map[string]string{
			"cmd/ptd":                  "ptdconfig.yaml, finding the targets directory, completion of paths",
			"components/componenttest": "golden files of tests",
			"files":                    "reading what users name",
			"ensure":                   "links for plugins; the sandbox's directory",
			"ensure/engine":            "state, journal and key on a local disk; programs of custom steps",
			"ensure/step":              "the path of ptd.yaml, for custom steps",
			"providers/sandbox":        "cloud.json and faults.json",
			"stacks/config":            "targets directories",
		},
	},
	{
		name: "files that users name, to read them",
		names: map[string][]string{
			"os":                               {"Open", "ReadFile"},
			"k8s.io/client-go/tools/clientcmd": {"LoadFromFile", "BuildConfigFromFlags"},
		},
		instead: "use files.Read or files.Open: a pipe or a device in its place would keep ptd waiting",
		owners:  map[string]string{"components/componenttest": "golden files of tests"},
	},
	{
		name: "processes",
		names: map[string][]string{
			"os":        {"Exit", "StartProcess", "FindProcess", "Executable", "Args", "Getpid", "Getppid", "Hostname"},
			"os/exec":   {"*"},
			"os/signal": {"*"},
			"syscall":   {"Kill", "Exec", "ForkExec", "StartProcess", "SysProcAttr", "Setrlimit"},
		},
		instead: "return an error, and let main exit; programs of others are run by the engine",
		owners: map[string]string{
			"cmd/ptd":           "main, and interrupts",
			"ensure":            "the path of ptd for plugins",
			"ensure/engine":     "programs of custom steps; who holds a lock",
			"providers/sandbox": "faults that end the process",
		},
	},
	{
		name: "the terminal",
		names: map[string][]string{
			"os":  {"Stdin", "Stdout", "Stderr"},
			"fmt": {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
			"log": {"*"},
		},
		instead: "report an event, or write to an io.Writer that the caller gives",
		owners:  map[string]string{"cmd/ptd": "the command line, in system.go"},
	},
}

// TestEdges holds that packages touch the machine only where the table lets them, and
// that the table lets nobody who does not.
func TestEdges(t *testing.T) {
	used := map[string]bool{}
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		files := token.NewFileSet()
		parsed, err := parser.ParseFile(files, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		folder := path.Dir(file)
		for _, touched := range touches(parsed) {
			if _, ok := touched.edge.owners[folder]; ok {
				used[touched.edge.name+" "+folder] = true
				continue
			}
			t.Errorf("%s: %s touches %s, which is for %s; instead, %s", files.Position(touched.at), touched.name,
				touched.edge.name, strings.Join(slices.Sorted(maps.Keys(touched.edge.owners)), ", "), touched.edge.instead)
		}
	}
	for _, edge := range edges {
		for owner := range edge.owners {
			if !used[edge.name+" "+owner] {
				t.Errorf("%s does not touch %s: take it off the list", owner, edge.name)
			}
		}
	}
}

// touch is one place where a file touches an edge.
type touch struct {
	at   token.Pos
	name string // os.Getenv
	edge edge
}

// touches finds what a file uses of the edges' packages, under whatever name it imports
// them. A dot import touches all of the package.
func touches(file *ast.File) []touch {
	var found []touch
	imported := map[string]string{}
	for _, spec := range file.Imports {
		from, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the compiler's
		}
		name := path.Base(from)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imported[name] = from
		if name == "." {
			for _, edge := range edges {
				if edge.names[from] != nil {
					found = append(found, touch{spec.Pos(), "import . " + strconv.Quote(from), edge})
				}
			}
		}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		// A package's name has no object in the file, unlike a variable of that name.
		name, ok := selector.X.(*ast.Ident)
		if !ok || name.Obj != nil {
			return true
		}
		for _, edge := range edges {
			names := edge.names[imported[name.Name]]
			if contains(names, "*") || contains(names, selector.Sel.Name) {
				found = append(found, touch{selector.Pos(), imported[name.Name] + "." + selector.Sel.Name, edge})
			}
		}
		return true
	})
	return found
}

// TestTouches shows what counts as touching.
func TestTouches(t *testing.T) {
	for source, want := range map[string]string{
		`import "os"; var a = os.Getenv("A")`:                                                 "os.Getenv",
		`import "os"; var get = os.Getenv`:                                                    "os.Getenv",
		`import system "os"; func f() { system.Exit(1) }`:                                     "os.Exit",
		`import "os/exec"; var e *exec.ExitError`:                                             "os/exec.ExitError",
		`import . "os/exec"`:                                                                  `import . "os/exec"`,
		`import "time"; func f() { time.Sleep(time.Second) }`:                                 "time.Sleep",
		`import "time"; var d = 2 * time.Second`:                                              "",
		`import "os"; var mode os.FileMode`:                                                   "",
		`type clock struct{}; func (clock) Now() {}; var time clock; func f() { time.Now() }`: "",
		`import "time"; func f(time interface{ Now() }) { time.Now() }; var _ time.Duration`:  "",
	} {
		parsed, err := parser.ParseFile(token.NewFileSet(), "a.go", "package a; "+source, 0)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, touched := range touches(parsed) {
			got += fmt.Sprint(touched.name)
		}
		if got != want {
			t.Errorf("%s touches %q, want %q", source, got, want)
		}
	}
}
