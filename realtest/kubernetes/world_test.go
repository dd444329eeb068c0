package kubernetes

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// binaries are what the tests run, in a directory.
var binaries string

// TestMain builds the plugin, the API server and ptd, each in its own module, unless
// REALTEST_BINARIES names a directory that has them.
func TestMain(m *testing.M) {
	code, err := func() (int, error) {
		if binaries = os.Getenv("REALTEST_BINARIES"); binaries != "" {
			return m.Run(), nil
		}
		directory, err := os.MkdirTemp("", "ptd-realtest-")
		if err != nil {
			return 1, err
		}
		defer os.RemoveAll(directory)
		binaries = directory
		for _, built := range []struct{ module, name, pkg string }{
			{".", "pulumi-resource-kubernetes", "./provider"}, {"apiserver", "apiserver", "."}, {"../..", "ptd", "./cmd/ptd"},
		} {
			command := exec.Command("go", "build", "-o", filepath.Join(directory, built.name), built.pkg)
			command.Dir, command.Env = built.module, append(os.Environ(), "CGO_ENABLED=0")
			command.Stderr = os.Stderr
			if err := command.Run(); err != nil {
				return 1, fmt.Errorf("build %s: %w", built.name, err)
			}
		}
		return m.Run(), nil
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// startAPIServer starts a Kubernetes API in a directory of the test's own, with what stands
// in for the controllers that deletions need, and returns a client and its kubeconfig.
func startAPIServer(t *testing.T) (*client, string) {
	t.Helper()
	directory := t.TempDir()
	log, err := os.Create(filepath.Join(directory, "log"))
	require.NoError(t, err)
	command := exec.Command(filepath.Join(binaries, "apiserver"), directory)
	command.Stderr = log
	input, err := command.StdinPipe()
	require.NoError(t, err)
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	ctx, stop := context.WithCancel(context.Background())
	controlled := make(chan struct{})
	close(controlled)
	t.Cleanup(func() {
		stop()
		<-controlled
		input.Close() // it ends
		ended := make(chan error, 1)
		go func() { ended <- command.Wait() }()
		select {
		case <-ended:
		case <-time.After(2 * time.Second): // it waits long for those who watch
			_ = command.Process.Kill()
			<-ended
		}
		if t.Failed() {
			content, _ := os.ReadFile(log.Name())
			t.Logf("the API server said:\n%s", content[max(0, len(content)-4000):])
		}
	})
	ready := make(chan bool, 1)
	go func() {
		line, _ := bufio.NewReader(output).ReadString('\n')
		ready <- line == "ready\n"
		_, _ = io.Copy(io.Discard, output)
	}()
	select {
	case ok := <-ready:
		require.True(t, ok, "the API server does not start")
	case <-time.After(2 * time.Minute):
		require.Fail(t, "the API server does not answer")
	}
	kubeconfig := filepath.Join(directory, "kubeconfig")
	c := newClient(t, kubeconfig)
	controlled = make(chan struct{})
	go func() {
		defer close(controlled)
		c.control(ctx)
	}()
	return c, kubeconfig
}
