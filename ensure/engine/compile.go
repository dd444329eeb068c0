package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Compile compiles the Go module in a directory, a program that calls pulumi.Run, for
// Operation.Executable; remove deletes the executable. It is an error if there is no Go
// toolchain on PATH, or if the module does not compile.
func Compile(ctx context.Context, directory string) (executable string, remove func() error, err error) {
	toolchain, err := exec.LookPath("go")
	if err != nil {
		return "", nil, fmt.Errorf("compile %s: it is a Go module, and there is no Go toolchain on PATH: %w", directory, err)
	}
	scratch, err := os.MkdirTemp("", "ptd-step-")
	if err != nil {
		return "", nil, fmt.Errorf("compile %s: %w", directory, err)
	}
	remove = func() error { return os.RemoveAll(scratch) }
	executable = filepath.Join(scratch, "step")
	command := exec.CommandContext(ctx, toolchain, "build", "-o", executable, ".")
	command.Dir = directory
	if output, err := command.CombinedOutput(); err != nil {
		err = fmt.Errorf("compile %s: %w\n%s", directory, err, strings.TrimSpace(string(output)))
		return "", nil, errors.Join(err, remove())
	}
	return executable, remove, nil
}
