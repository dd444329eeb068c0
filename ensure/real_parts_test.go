package ensure

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/kubernetes"
)

func TestHideRealPart(t *testing.T) {
	t.Parallel()
	for named, want := range map[string]string{
		"eks":                        "eks",
		"kubernetes=/home/me/config": "kubernetes=/home/me/config",
		"postgresql=postgresql://me:hunter22@host": "postgresql=postgresql://me:xxxxx@host",
		"postgresql=hunter22":                      "postgresql=[secret]",
		"redis=://hunter22":                        "redis=[secret]",
	} {
		assert.Equal(t, want, HideRealPart(named))
	}
}

// TestMovedPlaces holds what may change in a sandbox that has state: a cluster may come and
// go, what is real must stay where it is, and what is simulated stays so.
func TestMovedPlaces(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		before, now places
		want        string
	}{
		{nil, nil, ""},
		{places{"cluster a": "x"}, places{"cluster a": "x", "cluster b": "y"}, ""},
		{places{"cluster a": "x", "cluster b": "y"}, places{"cluster b": "y"}, ""},
		{places{"cluster a": "x"}, places{"cluster a": "y"}, "its cluster a at x, not at y"},
		{places{"cluster a": "x"}, nil, "its cluster a at x, not simulated"},
		{nil, places{"cluster a": "x"}, "its cluster a simulated, not at x"},
		{places{"cluster a": "x"}, places{"cluster a": "x", "database server": "z"}, "its database server simulated, not at z"},
		{places{"database server": "z"}, places{}, "its database server at z, not simulated"},
	} {
		assert.Equal(t, test.want, moved(test.before, test.now), "%v %v", test.before, test.now)
	}
}

type pendingCluster struct{ kubernetes.Cluster }

func (pendingCluster) Chart(_ context.Context, _, name string) (kubernetes.ChartStatus, error) {
	if name == "absent" {
		return kubernetes.ChartStatus{}, kubernetes.ErrNotFound
	}
	return kubernetes.ChartStatus{State: kubernetes.ChartPending}, nil
}

// Where no Helm controller runs a chart has to be there, and no more.
func TestUnawaitedCharts(t *testing.T) {
	t.Parallel()
	cluster := unawaitedCluster{pendingCluster{}}
	status, err := cluster.Chart(t.Context(), "helm", "loki")
	require.NoError(t, err)
	assert.Equal(t, kubernetes.ChartInstalled, status.State)
	_, err = cluster.Chart(t.Context(), "helm", "absent")
	require.ErrorIs(t, err, kubernetes.ErrNotFound)
}

// What the plugin is told not to wait for it is told to, when it deletes, wherever it looks.
func TestDeletionsAreAwaited(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	annotated := func(annotations object) object { return object{"metadata": object{"annotations": annotations}} }
	whole := annotated(object{"pulumi.com/skipAwait": "true", "other": "a"})
	whole["__inputs"] = annotated(object{"pulumi.com/skipAwait": "true"})
	want := annotated(object{"other": "a"})
	want["__inputs"] = annotated(object{})
	given := resource.NewPropertyMapFromMap(whole)
	assert.Equal(t, resource.NewPropertyMapFromMap(want), waitedFor(given))
	assert.Equal(t, resource.NewPropertyMapFromMap(whole), given, "the state is not changed")
	secret := resource.PropertyMap{"__inputs": resource.MakeSecret(given["__inputs"])}
	assert.Equal(t, resource.NewPropertyMapFromMap(object{"__inputs": annotated(object{})}), waitedFor(secret))
}
