package workload

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// A default gives way to what is live, whichever is newer; what the configuration names
// does not.
func TestKept(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		kept  Kept[string]
		value string
		note  string
	}{
		"new":         {Kept[string]{Configured: "1.35"}, "1.35", ""},
		"the default": {Kept[string]{Configured: "1.35", Live: "1.35"}, "1.35", ""},
		"chosen":      {Kept[string]{Configured: "1.35", Live: "1.33", Given: true}, "1.35", ""},
		"older": {Kept[string]{What: "it", Key: "a.b", Configured: "1.35", Live: "1.33"}, "1.33",
			"it stays at version 1.33, with which it was installed; the default is 1.35: set a.b to keep the one or to move to the other"},
		"newer": {Kept[string]{What: "it", Key: "a.b", Configured: "1.33", Live: "1.35", Form: "the policy %v"}, "1.35",
			"it stays at the policy 1.35, with which it was installed; the default is 1.33: set a.b to keep the one or to move to the other"},
	} {
		value, note := test.kept.Value()
		assert.Equal(t, test.value, value, name)
		assert.Equal(t, test.note, note, name)
	}
	number, note := Kept[int]{Configured: 3, Live: 1, Form: "%v replicas"}.Value()
	assert.Equal(t, 1, number)
	assert.Contains(t, note, "stays at 1 replicas, with which it was installed; the default is 3")
}
