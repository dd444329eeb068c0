package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// program is the language runtime of one inline program.
type program struct {
	plugin.LanguageRuntime // nil: the engine calls nothing else for a running program

	ctx        context.Context
	run        pulumi.RunFunc
	executable string
	host       *host
	log        sink
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
		if r := recover(); r != nil {
			failure = fmt.Sprintf("program panicked: %v", r)
		}
	}()
	settings := map[string]string{}
	for key, value := range info.Config {
		settings[key.String()] = value
	}
	program, err := pulumi.NewContext(context.WithoutCancel(p.ctx), pulumi.RunInfo{
		Project: info.Project, Stack: info.Stack, Organization: info.Organization,
		Config: settings, Parallel: info.Parallel, DryRun: info.DryRun,
		MonitorAddr: info.MonitorAddress, EngineAddr: p.host.ServerAddr(),
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

// execute runs the executable with the environment that pulumi.Run expects. What it
// prints becomes diagnostics; what fails in it, it reports to the engine itself.
func (p *program) execute(info plugin.RunInfo) (failure string, bail bool, err error) {
	settings := map[string]string{}
	for key, value := range info.Config {
		settings[key.String()] = value
	}
	encoded, err := json.Marshal(settings)
	if err != nil {
		return "", false, fmt.Errorf("configuration of the program: %w", err)
	}
	command := exec.Command(p.executable)
	command.Dir = info.Pwd
	command.Env = append(os.Environ(),
		pulumi.EnvProject+"="+info.Project, pulumi.EnvStack+"="+info.Stack, pulumi.EnvOrganization+"="+info.Organization,
		pulumi.EnvConfig+"="+string(encoded), pulumi.EnvConfigSecretKeys+"=[]",
		pulumi.EnvDryRun+"="+strconv.FormatBool(info.DryRun), pulumi.EnvParallel+"="+strconv.Itoa(int(info.Parallel)),
		pulumi.EnvMonitor+"="+info.MonitorAddress, pulumi.EnvEngine+"="+p.host.ServerAddr())
	// A keypress interrupts the engine, which then ends the program, not both at once.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output := &lines{say: func(line string) { p.log(diag.Info, "", line) }}
	command.Stdout, command.Stderr = output, output
	err = command.Run()
	output.flush()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Sprintf("program ended with %s", exit), false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("start program: %w", err)
	}
	return "", false, nil
}

// lines passes on what is written to it, line by line.
type lines struct {
	mutex   sync.Mutex
	partial []byte
	say     func(line string)
}

func (l *lines) Write(data []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.partial = append(l.partial, data...)
	for {
		line, rest, whole := bytes.Cut(l.partial, []byte{'\n'})
		if !whole {
			return len(data), nil
		}
		l.say(string(line))
		l.partial = rest
	}
}

func (l *lines) flush() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if len(l.partial) > 0 {
		l.say(string(l.partial))
		l.partial = nil
	}
}

// GetRequiredPackages implements plugin.LanguageRuntime.
func (p *program) GetRequiredPackages(plugin.ProgramInfo) ([]workspace.PackageDescriptor, error) {
	var packages []workspace.PackageDescriptor
	for name, version := range p.host.plugins.Versions {
		packages = append(packages, workspace.NewPackageDescriptor(
			workspace.PluginDescriptor{Name: name, Kind: "resource", Version: &version}, nil))
	}
	return packages, nil
}

// GetPluginInfo implements plugin.LanguageRuntime.
func (p *program) GetPluginInfo() (plugin.PluginInfo, error) { return plugin.PluginInfo{}, nil }

// Close implements plugin.LanguageRuntime.
func (p *program) Close() error { return nil }

// Cancel implements plugin.LanguageRuntime: the engine refuses the program's next
// registration, which ends it.
func (p *program) Cancel() error { return nil }

var _ plugin.LanguageRuntime = (*program)(nil)
