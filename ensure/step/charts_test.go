package step

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/ensure/engine"
	"github.com/ptd-go/ptd/providers/kubernetes"
)

// charts is a cluster whose charts are all in one state.
type charts kubernetes.ChartStatus

func (c charts) Cluster(context.Context, string) (kubernetes.Cluster, error) { return c, nil }

func (c charts) Chart(context.Context, string, string) (kubernetes.ChartStatus, error) {
	return kubernetes.ChartStatus(c), nil
}

func (c charts) Object(context.Context, string, string, string, string) (kubernetes.Marks, error) {
	return kubernetes.Marks{}, kubernetes.ErrNotFound
}

func (c charts) Reinstall(context.Context, string, string) error {
	return errors.New("nobody has uninstalled it")
}

// A chart that hangs does not keep an interrupt waiting, in the program either, whose
// context is that of the run.
func TestInterruptWhileAChartIsAwaited(t *testing.T) {
	requests := make(chan struct{}, 1)
	ctx := engine.WithInterrupts(context.Background(), requests)
	pending := charts{State: kubernetes.ChartPending, Message: "waiting"}
	ended := make(chan error, 1)
	backend := engine.NewBackend(engine.BackendOptions{
		URL: "file://" + t.TempDir(), SecretsProvider: "passphrase", Passphrase: "test",
	})
	stack := backend.Stack("ptd-test", "demo01-staging")
	host := engine.NewHost(engine.Plugins{OnlySimulated: true})
	t.Cleanup(func() { require.NoError(t, host.Close()) })
	began := time.Now()
	go func() {
		_, err := stack.Preview(ctx, engine.Operation{
			Host: engine.NewHost(engine.Plugins{OnlySimulated: true}),
			Program: func(ctx *pulumi.Context) error {
				requests <- struct{}{}
				_, err := AwaitChart(ctx.Context(), pending, "arn", "helm-controller", "loki")
				ended <- err
				return err
			},
		})
		assert.Error(t, err)
	}()
	select {
	case err := <-ended:
		require.True(t, errors.Is(err, ErrInterrupted), "%v", err)
	case <-time.After(time.Minute):
		t.Fatalf("still waiting after %v", time.Since(began))
	}
}

func TestAwaitedChart(t *testing.T) {
	for state, want := range map[kubernetes.ChartState]string{
		kubernetes.ChartInstalled: "", kubernetes.ChartFailed: "the Helm controller could not install it: no room",
	} {
		_, err := AwaitChart(context.Background(), charts{State: state, Message: "no room"}, "arn", "helm-controller", "loki")
		if want == "" {
			assert.NoError(t, err)
		} else {
			assert.EqualError(t, err, want)
		}
	}
}

// uninstalled is a cluster with a chart that somebody has uninstalled.
type uninstalled struct{ reinstalled *int }

func (u uninstalled) Cluster(context.Context, string) (kubernetes.Cluster, error) { return u, nil }

func (u uninstalled) Chart(context.Context, string, string) (kubernetes.ChartStatus, error) {
	if *u.reinstalled > 0 {
		return kubernetes.ChartStatus{State: kubernetes.ChartInstalled}, nil
	}
	return kubernetes.ChartStatus{State: kubernetes.ChartUninstalled, Message: "Helm has no release"}, nil
}

func (u uninstalled) Object(context.Context, string, string, string, string) (kubernetes.Marks, error) {
	return kubernetes.Marks{}, kubernetes.ErrNotFound
}

func (u uninstalled) Reinstall(context.Context, string, string) error { *u.reinstalled++; return nil }

func TestUninstalledChartIsInstalledAgain(t *testing.T) {
	times := 0
	again, err := AwaitChart(t.Context(), uninstalled{&times}, "arn", "helm-controller", "loki")
	require.NoError(t, err)
	assert.True(t, again)
	assert.Equal(t, 1, times)
}
