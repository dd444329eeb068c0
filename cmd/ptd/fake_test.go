package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/ensure"
	"github.com/ptd-go/ptd/stacks/config"
)

// buffer is a bytes.Buffer for more than one goroutine.
type buffer struct {
	mutex sync.Mutex
	bytes.Buffer
}

func (b *buffer) Write(data []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.Buffer.Write(data)
}

func (b *buffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.Buffer.String()
}

// desk is a machine made up for a test, with a runner that only notes what it is asked.
type desk struct {
	t              *testing.T
	stdout, stderr buffer
	system         system
	variables      map[string]string
	// signals are the user's interrupts, ticks those of the heartbeat.
	signals chan os.Signal
	ticks   chan time.Time
	runner  *fakeRunner
}

// newDesk has the targets of demo01-staging and main01-staging in infra below its
// working directory.
func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, variables: map[string]string{}, signals: make(chan os.Signal), ticks: make(chan time.Time)}
	d.runner = &fakeRunner{}
	d.system = system{
		stdin: strings.NewReader(""), stdout: &d.stdout, stderr: &d.stderr, screen: &d.stderr,
		lookup: func(name string) (string, bool) {
			value, ok := d.variables[name]
			return value, ok
		},
		directory: t.TempDir(),
		now:       func() time.Time { return time.Unix(1_700_000_000, 0) },
		ticker:    func(time.Duration) (<-chan time.Time, func()) { return d.ticks, func() {} },
		signals:   func() (<-chan os.Signal, func()) { return d.signals, func() {} },
	}
	d.variables["HOME"] = d.path("home")
	d.targets("infra")
	return d
}

func (d *desk) path(parts ...string) string {
	return filepath.Join(append([]string{d.system.directory}, parts...)...)
}

func (d *desk) write(path, content string) {
	d.t.Helper()
	require.NoError(d.t, os.MkdirAll(filepath.Dir(d.path(path)), 0o700))
	require.NoError(d.t, os.WriteFile(d.path(path), []byte(content), 0o600))
}

func (d *desk) targets(directory string) {
	d.t.Helper()
	d.write(directory+"/__work__/demo01-staging/ptd.yaml", `apiVersion: posit.team/v1
kind: AWSWorkloadConfig
spec:
  account_id: "444455556666"
  region: us-west-2
  sites:
    main:
      spec:
        domain: demo.staging.example.com
`)
	d.write(directory+"/__ctrl__/main01-staging/ptd.yaml", `apiVersion: posit.team/v1
kind: AWSControlRoomConfig
spec:
  account_id: "999988887777"
  region: us-east-2
  domain: ctrl.staging.example.com
  front_door: team.staging.example.com
  hosted_zone_id: Z0400000CTRL00000001
`)
}

// run runs ptd and returns the exit status.
func (d *desk) run(words ...string) int {
	d.t.Helper()
	d.stdout.Reset()
	d.stderr.Reset()
	return run(context.Background(), words, d.system, d.runner)
}

// program is the program with a command line, for tests of its parts.
func (d *desk) program(words ...string) *program {
	p := &program{system: d.system, runner: d.runner}
	p.line = scan(p.app(), words)
	return p
}

// fakeRunner notes what it is asked. Its pipeline plays a script.
type fakeRunner struct {
	sandbox string // the sandbox that was opened; "" for none
	reset   string
	left    []string
	target  *config.Target
	options ensure.Options

	steps   []ensure.Step
	play    func(ctx context.Context, ui ensure.UserInterface) ensure.Summary
	values  map[string]map[string]any
	found   []ensure.Object
	closing error
	closed  int
}

var _ runner = (*fakeRunner)(nil)

func (r *fakeRunner) openSandbox(directory string, _ ensure.RealParts) (environment, error) {
	r.sandbox = directory
	return fakeEnvironment{r}, nil
}

func (r *fakeRunner) resetSandbox(directory string) (left []string, err error) {
	r.reset = directory
	return r.left, nil
}

func (*fakeRunner) openReal() (environment, error) { return nil, errors.New("no real clouds in tests") }

type fakeEnvironment struct{ *fakeRunner }

func (e fakeEnvironment) pipeline(target *config.Target, options ensure.Options) (pipeline, error) {
	e.target, e.options = target, options
	return fakePipeline(e), nil
}

func (e fakeEnvironment) outputs(_ context.Context, target *config.Target, step string, showSecrets bool,
) (map[string]map[string]any, error) {
	e.target = target
	if step != "" && e.values[step] == nil {
		return nil, errors.New("no such step " + step)
	}
	selected := map[string]map[string]any{}
	for name, values := range e.values {
		if step == "" || step == name {
			selected[name] = map[string]any{}
			for key, value := range values {
				if key == "password" && !showSecrets {
					value = "[secret]"
				}
				selected[name][key] = value
			}
		}
	}
	return selected, nil
}

func (e fakeEnvironment) objects() ([]ensure.Object, error) { return e.found, nil }

func (e fakeEnvironment) Close() error {
	e.closed++
	return e.closing
}

type fakePipeline struct{ *fakeRunner }

func (p fakePipeline) All() []ensure.Step { return p.steps }

func (p fakePipeline) Run(ctx context.Context, ui ensure.UserInterface) ensure.Summary {
	if p.play == nil {
		return ensure.Summary{Result: ensure.Succeeded}
	}
	return p.play(ctx, ui)
}
