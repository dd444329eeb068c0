package ensure

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/stacks/config"
)

// recorder is a user interface that remembers what it was told.
type recorder struct {
	quiet
	events []Event
}

func (u *recorder) Event(event Event) { u.events = append(u.events, event) }

// writeProgram makes a custom step's program: a Go module that exports what it was
// configured with. It has ptd's own module requirements, so that it compiles offline.
func writeProgram(t *testing.T, directory string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(directory, 0o700))
	requirements, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	sums, err := os.ReadFile("../go.sum")
	require.NoError(t, err)
	files := map[string]string{
		"go.mod": strings.Replace(string(requirements), "module github.com/ptd-go/ptd", "module example.com/step", 1),
		"go.sum": string(sums),
		"main.go": `package main

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		workload, _ := ctx.GetConfig("ptd:workloadName")
		ctx.Export("workload", pulumi.String(workload))
		return ctx.Log.Info("hello from a custom step", nil)
	})
}
`,
	}
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(directory, name), []byte(content), 0o600))
	}
}

// TestCustomStepRuns compiles and runs a custom step, whose outputs then are those
// of a stack like any other.
func TestCustomStepRuns(t *testing.T) {
	t.Parallel()
	target := loadTarget(t, "minimal01-staging")
	customizations := t.TempDir()
	writeProgram(t, filepath.Join(customizations, "program"))
	target.Customizations = &config.Manifest{File: filepath.Join(customizations, "manifest.yaml"), CustomSteps: []config.CustomStep{
		{Name: "extra", Path: "program", Enabled: true},
	}}
	environment, err := OpenSandbox(t.TempDir())
	require.NoError(t, err)
	defer environment.Close()
	pipeline, err := New(target, environment, Options{AutoApply: true, OnlySteps: []string{"extra"}})
	require.NoError(t, err)
	ui := &recorder{}
	summary := pipeline.Run(context.Background(), ui)
	require.NoError(t, summary.Err)
	assert.Contains(t, ui.events, Event(Diagnostic{Step: "extra", Severity: Info, Message: "hello from a custom step"}))
	outputs, err := Outputs(context.Background(), target, environment, "extra", false)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"workload": "minimal01-staging"}, outputs["extra"])
}
