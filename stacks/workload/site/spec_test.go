package site

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDistinctTolerations(t *testing.T) {
	t.Parallel()
	toleration := func(fields ...string) any {
		made := map[string]any{}
		for i := 0; i < len(fields); i += 2 {
			made[fields[i]] = fields[i+1]
		}
		return made
	}
	a, b := toleration("key", "a", "operator", "Equal", "value", "1"), toleration("key", "a", "operator", "Exists")
	got := distinctTolerations([]any{a, toleration("value", "1", "key", "a"), b, a, toleration("key", "a", "operator", "Exists", "effect", "NoExecute"), b})
	assert.Equal(t, []any{a, b, toleration("key", "a", "operator", "Exists", "effect", "NoExecute")}, got, "tolerations")
}
