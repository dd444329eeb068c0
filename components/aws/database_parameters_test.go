package aws

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
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
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
	if got := DatabaseParameters(nil); got != nil {
		t.Errorf("no parameters are %v", got)
	}
}
