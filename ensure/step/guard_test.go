package step

import (
	"errors"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
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
	_, err := guard(plan, guardedTypes, nil, nil)
	var guarded *GuardError
	require.ErrorAs(t, err, &guarded)
	assert.Equal(t, []engine.Change{replace}, guarded.Changes)
	assert.Equal(t, `the plan would destroy what cannot be made again:
  replace `+urn+`
    because engine changes from "postgres" to "mysql"
    to allow it: --allow-replace `+urn+`
nothing was applied`, err.Error())
	unprotect, err := guard(plan, guardedTypes, nil, []string{urn})
	require.NoError(t, err)
	assert.Empty(t, unprotect)

	plan.Changes[2] = engine.Change{Kind: engine.Delete, URN: urn, Type: "aws:rds/instance:Instance"}
	_, err = guard(plan, guardedTypes, nil, nil)
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
		unprotected, err := guard(plan, guardedTypes, nil, test.allowed)
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

// TestGuardOfSettings holds a delete that would take away what another resource sets anew.
func TestGuardOfSettings(t *testing.T) {
	settings := map[string][]string{"aws:s3/bucketPolicy:BucketPolicy": {"bucket"}, "aws:route53/record:Record": {"zoneId", "name"}}
	change := func(kind engine.Kind, typ, name string, inputs map[string]any) engine.Change {
		return engine.Change{Kind: kind, URN: "urn:" + name, Type: typ, Inputs: resource.NewPropertyMapFromMap(inputs)}
	}
	policy := func(kind engine.Kind, name string, bucket any) engine.Change {
		return change(kind, "aws:s3/bucketPolicy:BucketPolicy", name, map[string]any{"bucket": bucket})
	}
	record := func(kind engine.Kind, name, set string) engine.Change {
		return change(kind, "aws:route53/record:Record", name, map[string]any{"zoneId": "Z1", "name": "a", "setIdentifier": set})
	}
	retained := policy(engine.Delete, "old", "main")
	retained.RetainOnDelete = true
	unknown := resource.MakeComputed(resource.NewStringProperty(""))
	for name, test := range map[string]struct {
		changes []engine.Change
		stopped bool
	}{
		"renamed":        {[]engine.Change{policy(engine.Create, "new", "main"), policy(engine.Delete, "old", "main")}, true},
		"another bucket": {[]engine.Change{policy(engine.Create, "new", "other"), policy(engine.Delete, "old", "main")}, false},
		"a new bucket":   {[]engine.Change{policy(engine.Create, "new", unknown), policy(engine.Delete, "old", "main")}, false},
		"forgotten":      {[]engine.Change{policy(engine.Create, "new", "main"), retained}, false},
		"only deleted":   {[]engine.Change{policy(engine.Delete, "old", "main")}, false},
		"record":         {[]engine.Change{record(engine.Delete, "old", "blue"), record(engine.Create, "new", "blue")}, true},
		"another record": {[]engine.Change{record(engine.Delete, "old", "blue"), record(engine.Create, "new", "green")}, false},
	} {
		plan := &engine.Plan{Changes: test.changes}
		_, err := guard(plan, nil, settings, nil)
		if !test.stopped {
			assert.NoError(t, err, name)
			continue
		}
		assert.EqualError(t, err, `the plan would destroy what cannot be made again:
  delete urn:old
    because urn:new sets the same anew, which this would take away again: give it the old one as an alias
    to allow it: --allow-replace urn:old
nothing was applied`, name)
		_, err = guard(plan, nil, settings, []string{"urn:old"})
		assert.NoError(t, err, name)
	}
}

// A replacement for a value that is not known yet may turn out to be none, which is found out
// without a risk.
func TestGuardOfAReplacementThatMayBeNone(t *testing.T) {
	_, err := guard(&engine.Plan{Changes: []engine.Change{{
		Kind: engine.Replace, URN: "cluster", Type: "aws:eks/cluster:Cluster", Awaits: []string{"role"},
		Differences: []engine.Difference{{Path: "roleArn", Old: "arn", New: "(known after apply)", Replaces: true}},
	}}}, map[string]bool{"aws:eks/cluster:Cluster": true}, nil, nil)
	require.ErrorContains(t, err, "make only that first, then run again: --target-resources role\n")
}
