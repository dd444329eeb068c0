package engine

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unreached is a kubernetes plugin that cannot reach its cluster, in the plugin's own words.
type unreached struct {
	*connection
	log func(diag.Severity, resource.URN, string)
}

func (u *unreached) LogTo(log func(diag.Severity, resource.URN, string)) { u.log = log }

func (u *unreached) fail(urn resource.URN) error {
	u.log(diag.Warning, urn, "configured Kubernetes cluster is unreachable: dial tcp: i/o timeout")
	return errors.New("unreachable. Rerun the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set")
}

func (u *unreached) Read(_ context.Context, r plugin.ReadRequest) (plugin.ReadResponse, error) {
	return plugin.ReadResponse{}, u.fail(r.URN)
}

func (u *unreached) Delete(_ context.Context, r plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	return plugin.DeleteResponse{}, u.fail(r.URN)
}

// inCluster registers objects of a cluster.
func inCluster(names ...string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		for _, name := range names {
			var made thing
			if err := ctx.RegisterResource("kubernetes:core/v1:ConfigMap", name, pulumi.Map{}, &made); err != nil {
				return err
			}
		}
		return nil
	}
}

// unreachedWorld has two objects in a cluster that cannot be reached any more; gone answers
// whether that is because it was deleted.
func unreachedWorld(t *testing.T, gone func() (string, error)) (w *world, asked *int) {
	w, asked = newWorld(t), new(int)
	there := true
	plugins := Plugins{OnlySimulated: true, Simulated: map[string]func() (plugin.Provider, error){
		"kubernetes": func() (plugin.Provider, error) {
			if there {
				return &connection{testCloud: w.cloud}, nil
			}
			return &unreached{connection: &connection{testCloud: w.cloud}}, nil
		},
	}}
	w.host = NewHost(plugins)
	_, err := w.up(inCluster("a", "b"))
	require.NoError(t, err)
	there = false
	plugins.Gone = func(context.Context, string, resource.PropertyMap) (string, error) {
		*asked++
		return gone()
	}
	w.host, w.events = NewHost(plugins), nil
	return w, asked
}

func (w *world) warnings() (said []string) {
	for _, event := range w.events {
		if told, ok := event.(Diagnostic); ok && told.Severity == diag.Warning {
			said = append(said, told.Message)
		}
	}
	return said
}

// What is in something that the cloud does not have is gone, and the plugin is not asked.
func TestGoneWithTheCluster(t *testing.T) {
	w, _ := unreachedWorld(t, func() (string, error) { return "the cluster was deleted", nil })
	stack, ctx := w.stack(), t.Context()
	require.NoError(t, stack.Lock(ctx))
	plan, err := stack.Preview(ctx, Operation{Program: inCluster("a", "b"), Host: w.host, Refresh: true, Events: w.operation(nil).Events})
	require.NoError(t, err)
	require.Len(t, plan.Drifted, 2)
	for _, change := range plan.Drifted {
		assert.Equal(t, Delete, change.Kind)
		assert.True(t, change.GoneWith)
	}
	assert.Equal(t, []string{"the cluster was deleted: what was in it is gone with it"}, w.warnings())

	// Nothing can be made in it, and the error says what to do.
	_, err = stack.Up(ctx, w.operation(inCluster("a", "b", "c")), nil)
	require.ErrorContains(t, err, "the cluster was deleted; --refresh takes what is gone out of the state")

	removed, err := stack.Destroy(ctx, w.operation(nil), false)
	require.NoError(t, err)
	assert.Len(t, removed.Changes, 2)
	require.NoError(t, stack.Unlock(ctx))

	w, _ = unreachedWorld(t, func() (string, error) { return "the cluster was deleted", nil })
	stack = w.stack()
	require.NoError(t, stack.Lock(ctx))
	found, err := stack.Refresh(ctx, w.operation(nil))
	require.NoError(t, err)
	assert.Len(t, found.Changes, 2)
	left, err := stack.Resources(ctx, "kubernetes:core/v1:ConfigMap")
	require.NoError(t, err)
	assert.Empty(t, left)
	require.NoError(t, stack.Unlock(ctx))
}

// What cannot be reached, or asked for, is not gone: the state stays as it is, and the error
// has the reason, not the plugin's advice to throw it away.
func TestUnreachableIsNotGone(t *testing.T) {
	for _, test := range []struct {
		doubt error
		want  string
	}{
		{nil, "the Kubernetes cluster cannot be reached, which does not mean that it is gone: nothing is taken out of the state: dial tcp: i/o timeout"},
		{errors.New("ExpiredToken"), "dial tcp: i/o timeout (whether what provider kubernetes works on is still there could not be found out: ExpiredToken)"},
	} {
		w, asked := unreachedWorld(t, func() (string, error) { return "", test.doubt })
		stack, ctx := w.stack(), t.Context()
		require.NoError(t, stack.Lock(ctx))
		_, err := stack.Refresh(ctx, w.operation(nil))
		require.ErrorContains(t, err, test.want)
		assert.NotContains(t, err.Error(), "PULUMI_K8S")
		assert.Equal(t, 1, strings.Count(err.Error(), "i/o timeout"), "once for both")
		_, err = stack.Destroy(ctx, w.operation(nil), false)
		require.ErrorContains(t, err, test.want)
		left, err := stack.Resources(ctx, "kubernetes:core/v1:ConfigMap")
		require.NoError(t, err)
		assert.Len(t, left, 2)
		assert.Empty(t, w.warnings(), "the reason is in the error")
		if test.doubt == nil {
			assert.Equal(t, 1, *asked, "what is there is asked for once a run")
		}
		require.NoError(t, stack.Unlock(ctx))
	}
}

// A release that is not installed any more is one that need not be uninstalled.
func TestUninstalled(t *testing.T) {
	assert.True(t, uninstalled("uninstall: Release not loaded: loki: release: not found"))
	assert.False(t, uninstalled("uninstall: Release not loaded: loki: query: failed to query with labels: Unauthorized"))
	assert.False(t, uninstalled("secrets \"loki\" not found"))
}
