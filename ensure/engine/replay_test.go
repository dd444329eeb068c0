package engine

import (
	"cmp"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestReplayIsPulumis compares with what Pulumi 3.228's own JournalReplayer makes of
// journals, which were made up by chance: resources that stay, change, are replaced in
// either order, refreshed, gone, failed, cut off.
func TestReplayIsPulumis(t *testing.T) {
	content, err := os.ReadFile("testdata/replay.json")
	require.NoError(t, err)
	var cases []struct {
		Base    apitype.DeploymentV3
		Entries []apitype.JournalEntry
		Want    apitype.TypedDeployment
	}
	require.NoError(t, json.Unmarshal(content, &cases))
	require.Greater(t, len(cases), 20)
	plain := func(typed apitype.TypedDeployment) string {
		deployment := *typed.Deployment
		deployment.Manifest = apitype.ManifestV1{} // has the time
		slices.SortFunc(deployment.PendingOperations, func(a, b apitype.OperationV2) int {
			return cmp.Compare(a.Type+apitype.OperationType(a.Resource.URN), b.Type+apitype.OperationType(b.Resource.URN))
		})
		typed.Deployment = &deployment
		content, err := json.MarshalIndent(typed, "", " ")
		require.NoError(t, err)
		return string(content)
	}
	for i, test := range cases {
		replay := newReplay(test.Base)
		for _, entry := range test.Entries {
			require.NoError(t, replay.add(entry), "case %d", i)
		}
		got, err := replay.deployment()
		require.NoError(t, err)
		assert.Equal(t, plain(test.Want), plain(got), "case %d", i)
		again, err := replay.deployment()
		require.NoError(t, err)
		assert.Equal(t, plain(got), plain(again), "case %d: asking changes nothing", i)
	}
}

// TestReplayAfterARefresh marks a resource that was refreshed in place: Pulumi's replayer
// forgets the mark, which leaves two resources of one name.
func TestReplayAfterARefresh(t *testing.T) {
	first, operation := int64(0), int64(2)
	state := func(id resource.ID) *apitype.ResourceV3 {
		return &apitype.ResourceV3{URN: "urn:pulumi:target::project::test:index:Thing::a", Type: "test:index:Thing", Custom: true, ID: id}
	}
	replay := newReplay(apitype.DeploymentV3{Resources: []apitype.ResourceV3{*state("old")}})
	for _, entry := range []apitype.JournalEntry{
		{Kind: apitype.JournalEntryKindRefreshSuccess, OperationID: 1, RemoveOld: &first, State: state("refreshed"), IsRefresh: true},
		{Kind: apitype.JournalEntryKindSuccess, OperationID: operation, DeleteOld: &first, State: state("new")},
	} {
		require.NoError(t, replay.add(entry))
	}
	got, err := replay.deployment()
	require.NoError(t, err)
	require.Len(t, got.Deployment.Resources, 2)
	assert.Equal(t, resource.ID("new"), got.Deployment.Resources[0].ID)
	assert.False(t, got.Deployment.Resources[0].Delete)
	assert.Equal(t, resource.ID("refreshed"), got.Deployment.Resources[1].ID)
	assert.True(t, got.Deployment.Resources[1].Delete)
}

func TestReplayRefusesWhatItDoesNotKnow(t *testing.T) {
	one := int64(1)
	for message, entry := range map[string]apitype.JournalEntry{
		"of kind 99":                  {Kind: 99},
		"about resource 1 of 0":       {Kind: apitype.JournalEntryKindSuccess, RemoveOld: &one},
		"operation 1 made, which":     {Kind: apitype.JournalEntryKindSuccess, DeleteNew: &one},
		"what operation 1 made, whic": {Kind: apitype.JournalEntryKindOutputs, State: &apitype.ResourceV3{}, RemoveNew: &one},
	} {
		require.ErrorContains(t, newReplay(apitype.DeploymentV3{}).add(entry), message)
	}
}

// TestJournalEntriesAreKnown fails when an upgrade of Pulumi says more in a journal than
// replay takes in.
func TestJournalEntriesAreKnown(t *testing.T) {
	known := []string{
		"SequenceID", "Kind", "OperationID", "RemoveOld", "RemoveNew", "PendingReplacementOld", "PendingReplacementNew",
		"DeleteOld", "DeleteNew", "State", "Operation", "ElideWrite", "IsRefresh", "SecretsManager", "NewSnapshot",
	}
	var fields []string
	for field := range reflect.TypeFor[engine.JournalEntry]().Fields() {
		fields = append(fields, field.Name)
	}
	assert.ElementsMatch(t, known, fields)
	assert.Equal(t, "Unknown", (engine.JournalEntryRebuiltBaseState + 1).String(), "the last kind")
}
