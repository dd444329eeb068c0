package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkMemory reports the peak resident memory of a first run and of a run with
// nothing to change.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		w := newWorkbench(b)
		for _, phase := range []string{"first", "nothing"} {
			command := w.command("ensure", "demo01-staging", "-a")
			require.NoError(b, command.Run())
			usage := command.ProcessState.SysUsage().(*syscall.Rusage)
			b.ReportMetric(float64(usage.Maxrss)/1024, "MB/"+phase)
		}
	}
}

// BenchmarkColdStart reports how long `ptd version` takes and how large the binary is.
func BenchmarkColdStart(b *testing.B) {
	const binary = "../../bin/ptd"
	info, err := os.Stat(binary)
	require.NoError(b, err, "build it first: make build")
	w := newWorkbench(b)
	w.program, err = filepath.Abs(binary)
	require.NoError(b, err)
	for b.Loop() {
		best := time.Hour
		for range 10 {
			began := time.Now()
			require.NoError(b, w.command("version").Run())
			best = min(best, time.Since(began))
		}
		b.ReportMetric(float64(best.Milliseconds()), "ms/start")
		b.ReportMetric(float64(info.Size())/1e6, "MB/binary")
	}
}
