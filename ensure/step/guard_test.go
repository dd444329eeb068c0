package step

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/ensure/engine"
)

// guardedTypes are types of a pipeline that hold what cannot be made again.
var guardedTypes = map[string]bool{"aws:rds/instance:Instance": true, "postgresql:index/database:Database": true}

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
	_, err := guard(plan, guardedTypes, nil)
	var guarded *GuardError
	require.ErrorAs(t, err, &guarded)
	assert.Equal(t, []engine.Change{replace}, guarded.Changes)
	assert.Equal(t, `the plan would destroy what cannot be made again:
  replace `+urn+`
    because engine changes from "postgres" to "mysql"
    to allow it: --allow-replace `+urn+`
nothing was applied`, err.Error())
	unprotect, err := guard(plan, guardedTypes, []string{urn})
	require.NoError(t, err)
	assert.Empty(t, unprotect)

	plan.Changes[2] = engine.Change{Kind: engine.Delete, URN: urn, Type: "aws:rds/instance:Instance"}
	_, err = guard(plan, guardedTypes, nil)
	require.ErrorContains(t, err, "because the configuration no longer has it")
}

// TestGuardOfProtection holds protected resources of any type, and lets pass what is
// below one that is named.
func TestGuardOfProtection(t *testing.T) {
	plan := &engine.Plan{Changes: []engine.Change{
		{Kind: engine.Delete, URN: "urn:site", Type: "ptd:postgresql:Site", Parent: "urn:stack"},
		{Kind: engine.Delete, URN: "urn:database", Type: "postgresql:index/database:Database", Protected: true, Parent: "urn:site"},
		{Kind: engine.Replace, URN: "urn:grant", Type: "postgresql:index/grant:Grant", Protected: true, Parent: "urn:database"},
		{Kind: engine.Update, URN: "urn:role", Type: "postgresql:index/role:Role", Protected: true, Parent: "urn:site"},
	}}
	for _, test := range []struct{ allowed, stopped, unprotected []string }{
		{nil, []string{"urn:database", "urn:grant"}, nil},
		{[]string{"urn:grant"}, []string{"urn:database"}, nil},
		{[]string{"urn:database"}, nil, []string{"urn:database", "urn:grant"}},
		{[]string{"urn:site"}, nil, []string{"urn:database", "urn:grant"}},
		{[]string{"urn:stack"}, nil, []string{"urn:database", "urn:grant"}},
	} {
		unprotected, err := guard(plan, guardedTypes, test.allowed)
		assert.Equal(t, test.unprotected, unprotected)
		var stopped []string
		var guarded *GuardError
		if errors.As(err, &guarded) {
			for _, change := range guarded.Changes {
				stopped = append(stopped, change.URN)
			}
			assert.Equal(t, len(test.stopped) == 2, strings.Contains(err.Error(), "because what it needs is replaced"))
		}
		assert.Equal(t, test.stopped, stopped)
	}
}

func TestShellQuote(t *testing.T) {
	assert.Equal(t, "urn:pulumi:a::b", shellQuote("urn:pulumi:a::b"))
	assert.Equal(t, "'a$b'", shellQuote("a$b"))
	assert.Equal(t, `'it'\''s'`, shellQuote("it's"))
	assert.Equal(t, "''", shellQuote(""))
}
