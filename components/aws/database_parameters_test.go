package aws

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDatabaseParametersByName(t *testing.T) {
	t.Parallel()
	if !slices.IsSorted(staticParameters) {
		t.Error("the static parameters are not sorted")
	}
	want := []DatabaseParameter{
		{Name: "max_connections", Value: "500", AfterReboot: true},
		{Name: "shared_preload_libraries", Value: "auto_explain,pg_stat_statements", AfterReboot: true},
		{Name: "work_mem", Value: "8192"},
	}
	got := DatabaseParameters(map[string]string{
		"work_mem": "8192", "shared_preload_libraries": "auto_explain,pg_stat_statements", "max_connections": "500",
	})
	assert.Equal(t, want, got, "parameters")
	if got := DatabaseParameters(nil); got != nil {
		t.Errorf("no parameters are %v", got)
	}
}
