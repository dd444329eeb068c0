package ensure

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/ensure/engine"
)

func TestGuard(t *testing.T) {
	const urn = "urn:pulumi:demo01-staging::p::aws:rds/instance:Instance::demo01-staging"
	replace := engine.Change{
		Kind: engine.Replace, URN: urn, Type: "aws:rds/instance:Instance",
		Differences: []engine.Difference{
			{Path: "engine", Old: "postgres", New: "mysql", Replaces: true},
			{Path: "tags", Old: "a", New: "b"},
		},
	}
	plan := &engine.Plan{Changes: []engine.Change{
		{Kind: engine.Create, Type: "aws:rds/instance:Instance"},
		{Kind: engine.Replace, URN: "urn:other", Type: "aws:ec2/instance:Instance"},
		replace,
	}}
	err := guard("persistent", plan, nil)
	var guarded *GuardError
	require.ErrorAs(t, err, &guarded)
	assert.Equal(t, []engine.Change{replace}, guarded.Changes)
	assert.Equal(t, `step persistent would destroy what cannot be made again:
  replace `+urn+`
    because engine changes from "postgres" to "mysql"
    to allow it: --allow-replace `+urn+`
nothing was applied`, err.Error())
	require.NoError(t, guard("persistent", plan, []string{urn}))

	plan.Changes[2] = engine.Change{Kind: engine.Delete, URN: urn, Type: "aws:rds/instance:Instance"}
	require.ErrorContains(t, guard("persistent", plan, nil), "because the configuration no longer has it")
}

func TestShellQuote(t *testing.T) {
	assert.Equal(t, "urn:pulumi:a::b", shellQuote("urn:pulumi:a::b"))
	assert.Equal(t, "'a$b'", shellQuote("a$b"))
	assert.Equal(t, `'it'\''s'`, shellQuote("it's"))
	assert.Equal(t, "''", shellQuote(""))
}
