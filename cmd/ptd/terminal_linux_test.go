package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// openTerminal makes a pseudo-terminal: the user's side, and the program's.
func openTerminal(t *testing.T) (user, program *os.File) {
	t.Helper()
	user, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	// File.Fd would make reads of it block, and closing it wait for them.
	raw, err := user.SyscallConn()
	require.NoError(t, err)
	var number int
	require.NoError(t, raw.Control(func(descriptor uintptr) {
		if number, err = unix.IoctlGetInt(int(descriptor), unix.TIOCGPTN); err == nil {
			err = errors.Join(unix.IoctlSetPointerInt(int(descriptor), unix.TIOCSPTLCK, 0),
				unix.IoctlSetWinsize(int(descriptor), unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 120}))
		}
	}))
	require.NoError(t, err)
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { user.Close(); program.Close() })
	return user, program
}

// at makes a command one of a session of its own at a terminal, all of whose output goes
// to the returned buffer.
func at(command *exec.Cmd, user, program *os.File) *buffer {
	command.Stdin, command.Stdout, command.Stderr = program, program, program
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	command.Env = append(command.Env, "TERM=xterm-256color")
	said := &buffer{}
	go io.Copy(said, user)
	return said
}

// TestTerminalIsNotAsked runs commands at a terminal that answers nothing: they write no
// question to it, do not wait, and leave what was typed ahead to whoever reads next.
func TestTerminalIsNotAsked(t *testing.T) {
	w := newWorkbench(t)
	for _, arguments := range [][]string{
		{"version"}, {"targets"}, {"--help"}, {"ensure", "minimal01-staging", "--dry-run", "--only-steps", "bootstrap"},
	} {
		user, program := openTerminal(t)
		command := w.command(arguments...)
		said := at(command, user, program)
		_, err := user.WriteString("typed ahead\n")
		require.NoError(t, err)
		began := time.Now()
		require.NoError(t, command.Run(), said)
		assert.Less(t, time.Since(began), 5*time.Second, "%v waits for an answer", arguments)
		// An operating system command, a request for the cursor's position or for attributes.
		for _, question := range []string{"\x1b]", "\x1b[6n", "\x1b[c", "\x1b[>"} {
			assert.NotContains(t, said.String(), question, "%v asks the terminal", arguments)
		}
		typed := make([]byte, 100)
		n, err := program.Read(typed)
		require.NoError(t, err)
		assert.Equal(t, "typed ahead\n", string(typed[:n]), "%v", arguments)
	}
}

// TestRunsEndInOrder interrupts runs in every way in which their user may leave, in the
// middle of an operation: it ends, state is written, the lock is released, and the status
// is that of an interrupt.
func TestRunsEndInOrder(t *testing.T) {
	slow(t)
	for name, test := range map[string]struct {
		// terminal says that the run is at one.
		terminal bool
		leave    func(command *exec.Cmd, user *os.File, reads io.Closer)
		wrapped  []string // what runs ptd
		status   int
		says     string
	}{
		"a key": {terminal: true, status: 1, says: "canceled", leave: func(_ *exec.Cmd, user *os.File, _ io.Closer) {
			user.WriteString("\x03")
		}},
		"the terminal goes": {terminal: true, status: 1, leave: func(_ *exec.Cmd, user *os.File, _ io.Closer) {
			user.Close()
		}},
		"a hang-up, twice": {status: 1, says: "the terminal has gone: cancelling", leave: func(command *exec.Cmd, _ *os.File, _ io.Closer) {
			command.Process.Signal(syscall.SIGHUP)
			time.Sleep(100 * time.Millisecond)
			command.Process.Signal(syscall.SIGHUP)
		}},
		"SIGTERM": {status: 1, says: "interrupt: cancelling", leave: func(command *exec.Cmd, _ *os.File, _ io.Closer) {
			command.Process.Signal(syscall.SIGTERM)
		}},
		"a closed pipe": {status: 1, leave: func(_ *exec.Cmd, _ *os.File, reads io.Closer) { reads.Close() }},
		"a hang-up under nohup": {
			status: 0, wrapped: []string{"sh", "-c", `trap "" HUP; exec "$@"`, "sh"},
			leave: func(command *exec.Cmd, _ *os.File, _ io.Closer) { command.Process.Signal(syscall.SIGHUP) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkbench(t)
			w.faults(`[{"type": "aws:ec2/vpc:Vpc", "operation": "create", "delay": "2s"}]`)
			command := w.command("ensure", "minimal01-staging", "-a", "--only-steps", "bootstrap,persistent")
			if test.wrapped != nil {
				path, err := exec.LookPath(test.wrapped[0])
				require.NoError(t, err)
				command.Path, command.Args = path, append(test.wrapped, append([]string{command.Path}, command.Args[1:]...)...)
			}
			var said fmt.Stringer
			var user, program, reads *os.File
			if test.terminal {
				user, program = openTerminal(t)
				said = at(command, user, program)
			} else {
				var writes *os.File
				var err error
				reads, writes, err = os.Pipe()
				require.NoError(t, err)
				defer reads.Close()
				text := &buffer{}
				go io.Copy(text, reads)
				said, command.Stdout, command.Stderr = text, writes, writes
				defer writes.Close()
			}
			require.NoError(t, command.Start())
			if program != nil {
				program.Close()
			} else {
				command.Stdout.(*os.File).Close()
			}
			state := w.path("sandbox/state/minimal01-staging/.pulumi/stacks/ptd-aws-workload-persistent/minimal01-staging.json")
			require.Eventually(t, func() bool {
				content, _ := os.ReadFile(state + ".journal")
				return bytes.Contains(content, []byte("aws:ec2/vpc:Vpc"))
			}, 60*time.Second, 10*time.Millisecond, "the VPC is being made")
			test.leave(command, user, reads)
			_ = command.Wait()
			assert.Equal(t, test.status, command.ProcessState.ExitCode(), said)
			require.Eventually(t, func() bool { return strings.Contains(said.String(), test.says) }, 10*time.Second, 10*time.Millisecond, said)
			content, err := os.ReadFile(state)
			require.NoError(t, err)
			assert.Contains(t, string(content), `"vpc-`, "what was being made is in the state")
			assert.NoFileExists(t, state+".journal")
			locks, err := filepath.Glob(w.path("sandbox/state/minimal01-staging/.pulumi/locks/organization/*/*/*"))
			require.NoError(t, err)
			assert.Empty(t, locks, "the lock is released")
		})
	}
}

// TestClosedPipeEndsPrinting closes what a command that only prints writes to.
func TestClosedPipeEndsPrinting(t *testing.T) {
	w := newWorkbench(t)
	reads, writes, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, reads.Close())
	defer writes.Close()
	for _, arguments := range [][]string{{"targets"}, {"config", "show"}, {"ensure", "minimal01-staging", "--list-steps"}} {
		command := w.command(arguments...)
		var stderr bytes.Buffer
		command.Stdout, command.Stderr = writes, &stderr
		_ = command.Run()
		assert.Empty(t, stderr.String(), "%v", arguments)
	}
}
