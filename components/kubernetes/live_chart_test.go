package kubernetes

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

// A first installation that fails may be uninstalled and tried again, an upgrade may not; and
// what does not change is asked for in the words of before.
func TestFailurePolicy(t *testing.T) {
	t.Parallel()
	const values = "a: 1\n"
	for name, test := range map[string]struct {
		live *LiveChart
		want any
	}{
		"new":            {nil, nil},
		"unchanged":      {&LiveChart{Version: "1.0.0", Values: values}, nil},
		"left to people": {&LiveChart{Version: "1.0.0", Values: values, FailurePolicy: "abort"}, "abort"},
		"other version":  {&LiveChart{Version: "0.9.0", Values: values}, "abort"},
		"other values":   {&LiveChart{Version: "1.0.0", Values: "a: 2\n"}, "abort"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			installation := controlled("1.0.0")
			installation.Live = test.live
			r := componenttest.Run(t, func(ctx *pulumi.Context) error {
				_, err := NewChart(ctx, "demo", &ChartArgs{
					Chart: "oci://a", Namespace: "b", Values: oneValue(1), Installation: installation, Stateful: &Stateful{},
				})
				return err
			})
			spec := r.Find(t, helmChartType, "demo").Args()["spec"].(map[string]any)
			policy, given := spec["failurePolicy"]
			assert.Equal(t, test.want, policy)
			assert.Equal(t, test.want != nil, given, "null is a change")
			assert.Equal(t, values, spec["valuesContent"])
			assert.NotContains(t, spec, "backOffLimit", "a job that gave up never runs again")
		})
	}
}

func oneValue(a int) pulumi.Map { return values(object{"a": a}) }

func TestAnnounceChangesOfChartsThatKeepData(t *testing.T) {
	t.Parallel()
	before := object{"write": object{"replicas": 2, "persistence": object{"size": "10Gi"}}, "gone": true, "same": object{"a": 1}}
	after := object{"write": object{"replicas": 3, "persistence": object{"size": "20Gi"}}, "distributor": object{"replicas": 2}, "same": object{"a": 1}}
	changed := changedValues("", before, after)
	assert.Equal(t, []string{"distributor.replicas", "gone", "write.persistence.size", "write.replicas"}, changed)
	stateful := &Stateful{Fixed: []string{"*.persistence.size"}}
	assert.Equal(t, "chart loki, whose pods keep data, goes from version 5.41.0 to 5.42.0 and changes distributor.replicas, gone, write.persistence.size, "+
		"write.replicas: the pods that this is about are replaced one after another; a StatefulSet cannot change write.persistence.size in place: the upgrade fails unless "+
		"it is deleted before, without its pods (kubectl delete statefulset --cascade=orphan)", stateful.announce("loki", "5.41.0", "5.42.0", changed))
	assert.Equal(t, "chart loki, whose pods keep data, changes write.replicas: the pods that this is about are replaced one after another",
		stateful.announce("loki", "5.42.0", "5.42.0", []string{"write.replicas"}))
}

// Most of as many pods as have a piece of data must be there for it to be taken.
func TestReplicationFactor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ replicas, given, want int }{
		{0, 0, 0}, {1, 0, 1}, {2, 0, 1}, {3, 0, 0}, {5, 0, 0}, {2, FactorOfChart, 0}, {3, 1, 1},
	} {
		assert.Equal(t, test.want, replicationFactor(test.replicas, test.given), "of %d, given %d", test.replicas, test.given)
	}
	loki := (&LokiArgs{Store: S3{Bucket: pulumi.String("b"), Region: "r"}, Replicas: 2}).values()
	assert.Equal(t, object{"replication_factor": 1}, valueAt(loki, "loki", "commonConfig"))
	mimir := (&MimirArgs{Store: S3{Bucket: pulumi.String("b"), Region: "r"}, Replicas: 1}).values(nil)
	assert.Equal(t, 1, valueAt(mimir, "mimir", "structuredConfig", "ingester", "ring", "replication_factor"))
}

// Pods that ran on one node may have no other.
func TestLiveMimirKeepsItsRoom(t *testing.T) {
	t.Parallel()
	args := &MimirArgs{Store: S3{Bucket: pulumi.String("b"), Region: "r"}}
	live := args.values(object{"ingester": object{"replicas": 2}})
	for _, part := range []string{"ingester", "store_gateway"} {
		assert.Nil(t, valueAt(live, part, "affinity", "podAntiAffinity"))
		assert.NotNil(t, valueAt(live, part, "affinity", "nodeAffinity"))
	}
	assert.Nil(t, valueAt(live, "ingester", "resources"))
	again := args.values(args.values(nil))
	assert.NotNil(t, valueAt(again, "ingester", "affinity", "podAntiAffinity"))
	assert.NotNil(t, valueAt(again, "ingester", "resources"))
}
