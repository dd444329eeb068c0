package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
)

// program is the language runtime of one operation's program.
type program struct {
	plugin.LanguageRuntime // nil: the engine calls nothing else for a running program

	ctx        context.Context
	run        pulumi.RunFunc
	executable string
	directory  string // in which the executable runs
	address    string // of what serves the program's messages
	log        sink

	// A function that waits for the engine's answer, which may not come when an operation has
	// failed, gets an error when it is finished.
	lifetime context.Context
	finish   func()

	mutex   sync.Mutex // for what follows
	stopped chan struct{}
	over    bool
	running sync.WaitGroup
}

// programGrace is how long a program may take to end after it was interrupted.
const programGrace = 10 * time.Second

func newProgram(ctx context.Context, operation Operation, address string, log sink) *program {
	lifetime, finish := context.WithCancel(context.WithoutCancel(ctx))
	return &program{
		ctx: ctx, run: operation.Program, executable: operation.Executable, directory: operation.Directory, address: address, log: log,
		lifetime: lifetime, finish: finish, stopped: make(chan struct{}),
	}
}

// stop interrupts an executable. A function notices when it registers its next resource,
// which the engine refuses.
func (p *program) stop() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if !p.over {
		close(p.stopped)
	}
	p.over = true
}

// end stops an executable and waits for its end.
func (p *program) end() {
	p.stop()
	p.running.Wait()
}

// begin tells whether an executable may still start.
func (p *program) begin() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if !p.over {
		p.running.Add(1)
	}
	return !p.over
}

// Run implements plugin.LanguageRuntime.
func (p *program) Run(info plugin.RunInfo) (failure string, bail bool, err error) {
	if p.executable != "" {
		return p.execute(info)
	}
	if p.run == nil {
		return "", false, errors.New("operation has no program")
	}
	defer func() {
		// A panic in a program must not skip the writing of state.
		if recovered := recover(); recovered != nil {
			failure = apply.Panicked(recovered).Error()
		}
	}()
	settings := map[string]string{}
	for key, value := range info.Config {
		settings[key.String()] = value
	}
	program, err := pulumi.NewContext(p.lifetime, pulumi.RunInfo{
		Project: info.Project, Stack: info.Stack, Organization: info.Organization,
		Config: settings, Parallel: info.Parallel, DryRun: info.DryRun,
		MonitorAddr: info.MonitorAddress, EngineAddr: p.address,
	})
	if err != nil {
		return "", false, fmt.Errorf("connect program to engine: %w", err)
	}
	defer program.Close()
	if err := pulumi.RunWithContext(program, p.run); err != nil {
		return err.Error(), false, nil
	}
	return "", false, nil
}

// execute runs the executable, in its directory, with the environment that pulumi.Run expects. What it
// prints becomes diagnostics; what fails in it, it reports to the engine itself.
func (p *program) execute(info plugin.RunInfo) (failure string, bail bool, err error) {
	if !p.begin() {
		return "", false, ErrCanceled
	}
	defer p.running.Done()
	settings := map[string]string{}
	for key, value := range info.Config {
		settings[key.String()] = value
	}
	encoded, err := json.Marshal(settings)
	if err != nil {
		return "", false, fmt.Errorf("configuration of the program: %w", err)
	}
	command := exec.Command(p.executable)
	command.Dir = p.directory
	command.Env = append(os.Environ(),
		pulumi.EnvProject+"="+info.Project, pulumi.EnvStack+"="+info.Stack, pulumi.EnvOrganization+"="+info.Organization,
		pulumi.EnvConfig+"="+string(encoded), pulumi.EnvConfigSecretKeys+"=[]",
		pulumi.EnvDryRun+"="+strconv.FormatBool(info.DryRun), pulumi.EnvParallel+"="+strconv.Itoa(int(info.Parallel)),
		pulumi.EnvMonitor+"="+info.MonitorAddress, pulumi.EnvEngine+"="+p.address)
	say := func(line string) { p.log(diag.Infoerr, "", line) }
	output, failures := &lines{say: say}, &lines{say: say}
	command.Stdout, command.Stderr = output, failures
	err = group{command, programGrace}.run(p.stopped, InterruptsOf(p.ctx).Terminate)
	output.flush()
	failures.flush()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == reportedStatus {
		return "", true, nil // the engine has been told why
	}
	if errors.As(err, &exit) {
		return fmt.Sprintf("the program ended with %s", exit), false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("start program: %w", err)
	}
	return "", false, nil
}

// reportedStatus is with what pulumi.Run ends a program whose failure it has told the engine.
const reportedStatus = 32

// GetRequiredPackages implements plugin.LanguageRuntime: programs pin their providers.
func (p *program) GetRequiredPackages(plugin.ProgramInfo) ([]workspace.PackageDescriptor, error) {
	return nil, nil
}

// GetPluginInfo implements plugin.LanguageRuntime.
func (p *program) GetPluginInfo() (plugin.PluginInfo, error) { return plugin.PluginInfo{}, nil }

// Close implements plugin.LanguageRuntime.
func (p *program) Close() error { return nil }

// Cancel implements plugin.LanguageRuntime.
func (p *program) Cancel() error {
	p.stop()
	return nil
}

var _ plugin.LanguageRuntime = (*program)(nil)
