package engine

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// script is a program that says its own process and that of its child, which ignores the
// interrupt.
func script(t *testing.T, then string) (command *exec.Cmd, pids func() []int) {
	said := filepath.Join(t.TempDir(), "pids")
	command = exec.Command("sh", "-c", `sh -c 'trap "" INT; echo $$ >> "$1"; exec sleep 60' child "$1" & echo $$ >> "$1"; `+then, "program", said)
	command.Stdout = new(strings.Builder) // which the child keeps open
	return command, func() (all []int) {
		var content []byte
		require.Eventually(t, func() bool {
			content, _ = os.ReadFile(said)
			return strings.Count(string(content), "\n") == 2
		}, 10*time.Second, 5*time.Millisecond)
		for line := range strings.Lines(string(content)) {
			pid, err := strconv.Atoi(strings.TrimSpace(line))
			require.NoError(t, err)
			all = append(all, pid)
		}
		return all
	}
}

// gone tells whether a process has ended, though nobody may have asked how.
func gone(pid int) bool {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return syscall.Kill(pid, 0) == syscall.ESRCH || err == nil && strings.Contains(string(status), ") Z ")
}

func TestGroupIsEndedWithItsChildren(t *testing.T) {
	t.Parallel()
	const grace = 300 * time.Millisecond
	for name, test := range map[string]struct {
		then       string // what the program does beside its child
		stop, now  bool
		kept       time.Duration // that it goes on at least
		successful bool
	}{
		"interrupted, it ends":     {then: "wait", stop: true, kept: grace},
		"interrupted, it does not": {then: `trap "" INT; sleep 60 & wait; wait`, stop: true, kept: grace},
		"killed at once":           {then: "wait", stop: true, now: true},
		"it leaves its child":      {then: "true", successful: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command, pids := script(t, test.then)
			stop, now, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
			went := grace
			if test.now {
				went = time.Minute
			}
			go func() { ended <- group{command, went}.run(stop, now) }()
			members := pids()
			began := time.Now()
			if test.now {
				close(now)
			}
			if test.stop {
				close(stop)
			}
			select {
			case err := <-ended:
				assert.Equal(t, test.successful, err == nil, "%v", err)
			case <-time.After(30 * time.Second):
				t.Fatal("it goes on")
			}
			assert.GreaterOrEqual(t, time.Since(began), test.kept)
			for _, pid := range members {
				assert.Eventually(t, func() bool { return gone(pid) }, 5*time.Second, 10*time.Millisecond, "%d of %v still runs", pid, members)
			}
		})
	}
}

// An interrupted operation ends the program of its step and all that this has started.
func TestInterruptEndsTheProgram(t *testing.T) {
	w := newWorld(t)
	said := filepath.Join(t.TempDir(), "pids")
	executable := filepath.Join(t.TempDir(), "step")
	require.NoError(t, os.WriteFile(executable, []byte("#!/bin/sh\nsleep 61 &\necho $! > "+said+"\necho $$ >> "+said+"\nwait\n"), 0o700))
	requests := make(chan struct{}, 1)
	ctx := WithInterrupts(t.Context(), requests)
	go func() {
		for content := ""; strings.Count(content, "\n") < 2 && t.Context().Err() == nil; time.Sleep(5 * time.Millisecond) {
			bytes, _ := os.ReadFile(said)
			content = string(bytes)
		}
		requests <- struct{}{}
	}()
	operation := w.operation(nil)
	operation.Executable = executable
	_, err := w.stack().Preview(ctx, operation)
	require.ErrorIs(t, err, ErrCanceled)
	content, err := os.ReadFile(said)
	require.NoError(t, err)
	for line := range strings.Lines(string(content)) {
		pid, err := strconv.Atoi(strings.TrimSpace(line))
		require.NoError(t, err)
		assert.Eventually(t, func() bool { return gone(pid) }, 5*time.Second, 10*time.Millisecond)
	}
}
