package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// limited reports a figure, and fails the benchmark when it is over what is promised.
func limited(b *testing.B, value, limit float64, unit string) {
	b.Helper()
	b.ReportMetric(value, unit)
	b.Logf("%.4g %s, at most %.4g", value, unit, limit)
	if value > limit {
		b.Errorf("%.4g %s is over %.4g", value, unit, limit)
	}
}

// BenchmarkMemory reports the peak resident memory of a first run and of a run with
// nothing to change, of the demo workload and of one with fifty sites.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		for _, test := range []struct {
			target, unit string
			sites        int
			limit        float64
		}{{"demo01-staging", "demo", 0, 350}, {"minimal01-staging", "50-sites", 50, 500}} {
			w := newWorkbench(b)
			if test.sites > 0 {
				var sites strings.Builder
				for i := 1; i < test.sites; i++ {
					fmt.Fprintf(&sites, "    site%02d:\n      spec: {domain: site%02d.staging.example.com}\n", i, i)
				}
				w.editTarget(test.target, "  sites:\n", "  sites:\n"+sites.String())
			}
			for _, phase := range []string{"first", "again"} {
				command := w.command("ensure", test.target, "-a")
				require.NoError(b, command.Run())
				usage := command.ProcessState.SysUsage().(*syscall.Rusage)
				limited(b, float64(usage.Maxrss)/1024, test.limit, "MB/"+phase+"-"+test.unit)
			}
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
		b.ReportMetric(float64(info.Size())/1e6, "MB/binary")
		limited(b, float64(best.Milliseconds()), 100, "ms/start")
	}
}
