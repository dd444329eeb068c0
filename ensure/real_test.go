package ensure

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Nothing of the real clouds is touched, or looks as if it were empty.
func TestRealRefuses(t *testing.T) {
	t.Parallel()
	target, environment := loadTarget(t, "minimal01-staging"), OpenReal()
	_, err := New(target, environment, Options{})
	require.ErrorIs(t, err, errSandboxOnly)
	_, err = Outputs(t.Context(), target, environment, "", false)
	require.ErrorIs(t, err, errSandboxOnly)
	_, err = environment.AWS().Account(t.Context(), "111122223333", "us-east-2")
	require.ErrorIs(t, err, errSandboxOnly)
	_, err = environment.Clusters(target).Cluster(t.Context(), "arn")
	require.ErrorIs(t, err, errSandboxOnly)
	_, err = environment.Azure().Subscription(t.Context(), "tenant", "subscription")
	require.ErrorIs(t, err, errSandboxOnly)
	_, err = environment.Databases(target).Contents(t.Context(), "host", "postgres", "")
	require.ErrorIs(t, err, errSandboxOnly)
	_, err = environment.OpenTunnel(t.Context(), target)
	require.ErrorIs(t, err, errSandboxOnly)
	assert.NoError(t, environment.Close())
}

// TestPipelinesHaveTheirKindsSteps holds the lists of steps to the configuration's, which
// manifests of custom steps are checked against.
func TestPipelinesHaveTheirKindsSteps(t *testing.T) {
	t.Parallel()
	target := loadTarget(t, "minimal01-staging")
	environment, err := OpenSandbox(t.TempDir())
	require.NoError(t, err)
	defer environment.Close()
	runner, err := New(target, environment, Options{})
	require.NoError(t, err)
	var names []string
	for _, step := range runner.All() {
		names = append(names, step.Name)
	}
	assert.Equal(t, target.Kind.Steps(), names)
	assert.Equal(t, names, StepNames(target.Kind))
}
