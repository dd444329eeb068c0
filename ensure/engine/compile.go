package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Compile compiles the Go module in a directory, a program that calls pulumi.Run, for
// Operation.Executable; remove deletes the executable. An interrupt ends it. It is an error if
// there is no Go toolchain on PATH, if the module does not compile, or if it is no program.
func Compile(ctx context.Context, directory string) (executable string, remove func() error, err error) {
	fail := func(err error) (string, func() error, error) {
		return "", nil, fmt.Errorf("compile %s: %w", directory, err)
	}
	toolchain, err := exec.LookPath("go")
	if err != nil {
		return fail(fmt.Errorf("it is a Go module, and there is no Go toolchain on PATH: %w", err))
	}
	if Interrupted(ctx) {
		return fail(ErrCanceled)
	}
	scratch, err := newScratch(os.TempDir())
	if err != nil {
		return fail(err)
	}
	executable = filepath.Join(scratch.path, "step")
	var output bytes.Buffer
	command := exec.Command(toolchain, "build", "-o", executable, ".")
	command.Dir, command.Stdout, command.Stderr = directory, &output, &output
	command.Env = append(os.Environ(), "GOTMPDIR="+scratch.path) // so that nothing is left elsewhere
	stop, done := interruption(ctx)
	err = group{command, programGrace}.run(stop, InterruptsOf(ctx).Terminate)
	done()
	switch info, missing := os.Stat(executable); {
	case Interrupted(ctx):
		err = ErrCanceled
	case err != nil:
		err = fmt.Errorf("%w\n%s", err, strings.TrimSpace(output.String()))
	case missing != nil:
		err = missing
	case info.Mode()&0o111 == 0: // go build has made an archive
		err = errors.New("its package is not main: a custom step is a program, whose main function calls pulumi.Run")
	}
	if err != nil {
		return fail(errors.Join(err, scratch.remove()))
	}
	return executable, scratch.remove, nil
}

// interruption is closed when the user interrupts, or when ctx is over; done ends the watching.
func interruption(ctx context.Context) (stop <-chan struct{}, done func()) {
	asked, over := make(chan struct{}), make(chan struct{})
	go func() {
		select {
		case <-InterruptsOf(ctx).Cancel:
		case <-ctx.Done():
		case <-over:
			return
		}
		close(asked)
	}()
	return asked, func() { close(over) }
}
