package awsworkload

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/stacks/config"
)

func TestPersistentDatabaseParameters(t *testing.T) {
	t.Parallel()
	const group, name = "aws:rds/parameterGroup:ParameterGroup", "minimal01-staging-main-database-parameter-group"
	r := newRecorder()
	runPersistent(t, r, load(t, "minimal01-staging", func(w *config.AWSWorkload) {
		w.DBParameters = map[string]string{"log_lock_waits": "0", "max_connections": "500", "work_mem": "8192"}
	}))
	want := []any{
		map[string]any{"name": "auto_explain.log_min_duration", "value": "5000"},
		map[string]any{"name": "log_min_duration_statement", "value": "1500"},
		map[string]any{"name": "log_lock_waits", "value": "0"},
		map[string]any{"name": "max_connections", "value": "500", "applyMethod": "pending-reboot"},
		map[string]any{"name": "work_mem", "value": "8192"},
	}
	assert.Equal(t, want, input(r.Find(t, group, name), "parameters"), "parameters")
}

// Without the key nothing is set that the older programs did not set.
func TestPersistentMajorVersionUpgrade(t *testing.T) {
	t.Parallel()
	for allowed, want := range map[bool]any{false: nil, true: true} {
		r := newRecorder()
		runPersistent(t, r, load(t, "minimal01-staging", func(w *config.AWSWorkload) { w.DBAllowMajorVersionUpgrade = allowed }))
		r.Find(t, "aws:rds/instance:Instance", "minimal01-staging").Want(t, map[string]any{
			"allowMajorVersionUpgrade": want, "applyImmediately": want,
		})
	}
}
