package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// open are the goroutines of operations: the watching of events, hosts, programs. What
// the engine itself forgets when it fails (a step executor's, a monitor's) is not counted.
func open() (stacks []string) {
	all := make([]byte, 1<<22)
	all = all[:runtime.Stack(all, true)]
	for _, stack := range strings.Split(string(all), "\n\n") {
		if strings.Contains(stack, "testing.") || strings.Contains(stack, "engine.open(") {
			continue // a test, or who asks
		}
		for _, kept := range []string{"ensure/engine.", "plugin.NewDefaultHost", "pkg/v3/engine."} {
			if strings.Contains(stack, kept) {
				stacks = append(stacks, stack)
				break
			}
		}
	}
	return stacks
}

// closed receives events until there are no more, and tells when.
func closed(channel <-chan Event) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		for range channel {
		}
		close(done)
	}()
	return done
}

// However an operation ends, it closes what it has opened.
func TestOperationsCloseWhatTheyOpen(t *testing.T) {
	w := newWorld(t)
	program := database(pulumi.Map{"name": pulumi.String("a")})
	require.NoError(t, w.apply(program))
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	over := NewHost(Plugins{})
	require.NoError(t, over.Close())
	plan, err := w.stack().Preview(t.Context(), w.operation(program))
	require.NoError(t, err)
	type attempt struct {
		ctx       context.Context
		stack     *Stack
		operation Operation
		plan      *Plan
	}
	other := func(ctx *pulumi.Context) error { return errors.New("no idea") }
	// Of each operation: what goes wrong, or nothing, and at which point.
	attempts := map[string]func(*attempt){
		"nothing":                   func(*attempt) {},
		"not locked":                func(a *attempt) { a.stack.Unlock(a.ctx) },
		"no host":                   func(a *attempt) { a.operation.Host = nil },
		"closed host":               func(a *attempt) { a.operation.Host = over },
		"canceled":                  func(a *attempt) { a.ctx = canceled },
		"bad configuration":         func(a *attempt) { a.operation.Config = map[string]string{"a:b:c:d": "e"} },
		"bad plan":                  func(a *attempt) { a.plan = &Plan{} },
		"another plan":              func(a *attempt) { a.operation.Program = chain(2, 1) },
		"no program":                func(a *attempt) { a.operation.Program = nil },
		"program fails":             func(a *attempt) { a.operation.Program = other },
		"program panics":            func(a *attempt) { a.operation.Program = func(*pulumi.Context) error { panic("no idea") } },
		"executable does not start": func(a *attempt) { a.operation.Executable = filepath.Join(w.directory, "absent") },
		"no such target":            func(a *attempt) { a.operation.Targets = []string{urnOf("absent")} },
		"never applied":             func(a *attempt) { a.stack = w.stack().backend.Stack("project", "never") },
		"state in an older layout": func(a *attempt) {
			file := filepath.Join(w.directory, stateFile)
			require.NoError(t, os.Rename(file, file+".gz"))
			t.Cleanup(func() { _ = os.Rename(file+".gz", file) })
		},
		"unreadable state": func(a *attempt) {
			a.stack.Unlock(a.ctx)
			require.NoError(t, os.WriteFile(filepath.Join(w.directory, stateFile), []byte("{"), 0o600))
		},
		"a read fails": func(a *attempt) { w.cloud.password = "monday" },
	}
	operations := map[string]func(attempt) error{
		"preview": func(a attempt) error { _, err := a.stack.Preview(a.ctx, a.operation); return err },
		"up":      func(a attempt) error { _, err := a.stack.Up(a.ctx, a.operation, a.plan); return err },
		"refresh": func(a attempt) error { _, err := a.stack.Refresh(a.ctx, a.operation); return err },
		"destroy": func(a attempt) error { _, err := a.stack.Destroy(a.ctx, a.operation, false); return err },
		"providers": func(a attempt) error {
			defer a.operation.end() // it tells nobody
			_, err := a.stack.Providers(a.ctx, a.operation)
			return err
		},
	}
	files := w.files()
	failed := 0
	for wrong, spoil := range attempts {
		for name, operate := range operations {
			t.Run(name+", "+wrong, func(t *testing.T) {
				w.restore(files)
				w.cloud.password = ""
				w.cloud.objects["thing-1"] = resource.PropertyMap{"name": resource.NewStringProperty("a"), "serial": resource.NewStringProperty("thing-1")}
				a := attempt{t.Context(), w.stack(), w.operation(program), plan}
				require.NoError(t, a.stack.Lock(t.Context()))
				defer func(stack *Stack) { stack.Unlock(context.Background()) }(a.stack)
				before := len(open())
				channel := make(chan Event)
				a.operation.Channel = channel
				done := closed(channel)
				spoil(&a)
				if operate(a) != nil {
					failed++
				}
				select {
				case <-done:
				case <-time.After(10 * time.Second):
					t.Fatal("the channel of events is left open")
				}
				for deadline := time.Now().Add(3 * time.Second); len(open()) > before && time.Now().Before(deadline); {
					time.Sleep(time.Millisecond)
				}
				if left := open(); len(left) > before {
					t.Errorf("goroutines are left:\n%s", strings.Join(left, "\n\n"))
				}
			})
		}
	}
	assert.Greater(t, failed, 30, "most attempts fail")
}
