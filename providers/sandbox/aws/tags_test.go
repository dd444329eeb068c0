package aws

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/sandboxtest"
)

// tag puts a tag on a resource, as somebody does who is not the program.
func tag(t *testing.T, cloud *sandbox.Cloud, made *sandboxtest.Resource, key, value string) {
	t.Helper()
	require.NoError(t, cloud.Do(func() error {
		changed := *cloud.Object(sandbox.Key(made.Type, anyAccount, "us-east-2", made.ID))
		tags := maps.Clone(sandbox.Inputs(changed.Inputs).Map("tags"))
		if tags == nil {
			tags = fields{}
		}
		tags[key] = value
		changed.Inputs = maps.Clone(changed.Inputs)
		changed.Inputs["tags"] = map[string]any(tags)
		return cloud.Put(&changed)
	}))
}

// TestTagsOfOthers makes sure that tags of others are drift, but for those that the provider
// ignores.
func TestTagsOfOthers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ignored any
		foreign string
		typ     string
		drift   bool
	}{
		"drift":                        {nil, "corp:owner", vpcType, true},
		"ignored by its key":           {fields{"keys": several("corp:owner")}, "corp:owner", vpcType, false},
		"as text":                      {`{"keys":["corp:owner"]}`, "corp:owner", vpcType, false},
		"ignored by its prefix":        {fields{"keyPrefixes": several("corp:")}, "corp:owner", vpcType, false},
		"another one is ignored":       {fields{"keys": several("corp:unit")}, "corp:owner", vpcType, true},
		"AWS's own":                    {nil, "aws:eks:cluster-name", vpcType, false},
		"of FSx":                       {nil, "AmazonFSx", vpcType, true},
		"of FSx, on its route table":   {nil, "AmazonFSx", routeTableType, false},
		"another on the route table's": {nil, "corp:owner", routeTableType, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := sandboxtest.Open(t, Package())
			configuration := fields{"region": "us-east-2"}
			if test.ignored != nil {
				configuration["ignoreTags"] = test.ignored
			}
			provider := newProvider(t, cloud, configuration)
			made := provider.MustCreate(vpcType, "main", fields{"cidrBlock": "10.0.0.0/16", "tags": fields{"team": "apps"}})
			if test.typ == routeTableType {
				made = provider.MustCreate(routeTableType, "main", fields{"vpcId": made.ID, "tags": fields{"team": "apps"}})
			}
			program := made.Changed(nil)
			tag(t, cloud, made, test.foreign, "x")
			changed, _ := made.Diff(nil)
			assert.Empty(t, changed, "nobody has looked")

			made.Refresh()
			changed, _ = made.Diff(program)
			assert.Equal(t, test.drift, len(changed) > 0)

			program["tags"] = fields{"team": "platform"}
			made.MustUpdate(program)
			want := fields{"team": "platform"}
			if !test.drift {
				want[test.foreign] = "x"
			}
			require.NoError(t, cloud.Do(func() error {
				assert.Equal(t, want, cloud.OfType(test.typ)[0].Inputs["tags"])
				return nil
			}))
			changed, _ = made.Diff(nil)
			assert.Empty(t, changed)
		})
	}
}

// TestTagsAreReadByUpdates makes sure that an update that looks finds what others put on.
func TestTagsAreReadByUpdates(t *testing.T) {
	t.Parallel()
	cloud, provider := newAWS(t)
	vpc := provider.MustCreate(vpcType, "main", fields{"cidrBlock": "10.0.0.0/16", "tags": fields{"team": "apps"}})
	tag(t, cloud, vpc, "corp:owner", "unit 7")
	vpc.MustUpdate(fields{"enableDnsHostnames": true})
	changed, _ := vpc.Diff(nil)
	assert.Equal(t, []string{"tags"}, changed)
	assert.Equal(t, fields{"team": "apps", "corp:owner": "unit 7"}, vpc.State["tagsAll"])

	untagged := provider.MustCreate(gatewayType, "main", fields{"vpcId": vpc.ID})
	tag(t, cloud, untagged, "aws:cloudformation:stack-name", "x")
	untagged.Refresh()
	changed, _ = untagged.Diff(fields{"tags": nil})
	assert.Empty(t, changed)
}

// IAM takes fewer tags than others: it does not tell keys apart by case.
func TestTagsOfIdentities(t *testing.T) {
	t.Parallel()
	refuse(t, map[string][]wrong{
		roleType: {
			{fields{"tags": fields{"Owner": "x", "owner": "y"}}, "tags.owner: InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive: Owner, owner"},
			{fields{"tags": fields{"owner": "a,b"}}, `tags.owner: ValidationError: failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*`},
		},
	})
	_, provider := newAWS(t)
	provider.MustCreate(vpcType, "main", fields{"cidrBlock": "10.0.0.0/16", "tags": fields{"Owner": "x", "owner": "y"}})
}
