package sandbox

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	type meeting struct{ operation, typ, name string }
	first, second := meeting{"create", "a:b:C", "one"}, meeting{"delete", "a:b:D", "two"}
	read := meeting{"read", "a:b:C", "one"}
	for name, test := range map[string]struct {
		faults   string
		meetings []meeting
		want     []string // what happens at each
	}{
		"none":                    {`[]`, []meeting{first}, []string{""}},
		"nth counts mutations":    {`[{"nth": 2, "error": "boom"}]`, []meeting{first, read, second, first}, []string{"", "", "error boom", ""}},
		"all that is given holds": {`[{"type": "a:b:C", "name": "two", "error": "boom"}]`, []meeting{first, second}, []string{"", ""}},
		"by operation":            {`[{"operation": "delete", "error": "boom"}]`, []meeting{first, second}, []string{"", "error boom"}},
		"reads":                   {`[{"operation": "read", "error": "boom"}]`, []meeting{first, read}, []string{"", "error boom"}},
		"once":                    {`[{"name": "one", "error": "boom"}]`, []meeting{first, first}, []string{"error boom", ""}},
		"repeated":                {`[{"name": "one", "error": "boom", "repeat": true}]`, []meeting{first, first}, []string{"error boom", "error boom"}},
		"delay":                   {`[{"nth": 1, "delay": "2s"}]`, []meeting{first}, []string{"sleep 2s "}},
		"death before":            {`[{"nth": 1, "exit": "before"}]`, []meeting{first}, []string{"exit "}},
		"death after":             {`[{"nth": 1, "exit": "after"}]`, []meeting{first}, []string{"after: exit "}},
		"delay, then error":       {`[{"nth": 1, "delay": "1ms"}, {"nth": 1, "error": "boom"}]`, []meeting{first}, []string{"sleep 1ms error boom"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(directory, "faults.json"), []byte(test.faults), 0o600))
			faults, err := readFaults(directory)
			require.NoError(t, err)
			for i, meeting := range test.meetings {
				var happened string
				after, err := faults.meet(meeting.operation, meeting.typ, meeting.name,
					func(d time.Duration) { happened += "sleep " + d.String() + " " }, func() { happened += "exit " })
				if err != nil {
					happened += "error " + err.Error()
				}
				before := happened
				after()
				if happened != before {
					happened = before + "after: " + happened[len(before):]
				}
				assert.Equal(t, test.want[i], happened, "operation %d", i+1)
			}
		})
	}
}

func TestFaultsOfCharts(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	path := filepath.Join(directory, "faults.json")
	require.NoError(t, os.WriteFile(path, []byte(`[{"chart": "loki", "error": "boom"}, {"error": "any", "repeat": true}]`), 0o600))
	faults, err := readFaults(directory)
	require.NoError(t, err)
	nothing := func(time.Duration) {}
	_, err = faults.meet("create", "a:b:C", "loki", nothing, func() {})
	assert.EqualError(t, err, "any", "the installation is no operation")
	for _, want := range []string{"", "boom", ""} {
		chart := "mimir"
		if want != "" {
			chart = "loki"
		}
		if _, err = faults.meetChart(chart, "release", nothing, func() {}); want == "" {
			assert.NoError(t, err)
		} else {
			assert.EqualError(t, err, want)
		}
	}
	require.NoError(t, os.WriteFile(path, []byte(`[{"chart": "loki", "type": "a:b:C", "error": "boom"}]`), 0o600))
	_, err = readFaults(directory)
	assert.ErrorContains(t, err, "fault 1 has chart, which goes with no nth, type, name or operation")
}
