package engine

import (
	"errors"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The first failure in time is the reason; what only follows it, or repeats it with words
// around it, is none.
func TestCauses(t *testing.T) {
	t.Parallel()
	closing := Failure{"urn:other", "Error: 14 UNAVAILABLE: grpc: the client connection is closing"}
	cluster := Failure{"urn:cluster", "creating EKS Cluster (demo): LimitExceededException: too many"}
	for name, test := range map[string]struct{ failures, want []Failure }{
		"a cascade":               {[]Failure{cluster, closing, {"", "program failed: closing: grpc: the client connection is closing"}}, []Failure{cluster}},
		"the cause comes late":    {[]Failure{closing, cluster}, []Failure{cluster}},
		"told by component, too":  {[]Failure{cluster, {"urn:component", "construct demo: " + cluster.Message}, {"", cluster.Message}}, []Failure{cluster}},
		"two causes":              {[]Failure{cluster, {"urn:role", "AccessDenied"}}, []Failure{cluster, {"urn:role", "AccessDenied"}}},
		"two for the same reason": {[]Failure{{"urn:a", "AccessDenied"}, {"urn:b", "AccessDenied"}}, []Failure{{"urn:a", "AccessDenied"}, {"urn:b", "AccessDenied"}}},
		"nothing but followers":   {[]Failure{closing, closing}, []Failure{closing}},
		"none":                    {nil, nil},
	} {
		assert.Equal(t, test.want, causes(test.failures), name)
	}
}

// Of a message the cause is left: without the frames of another language's stack, without
// what plugins put around it, and each line once.
func TestCause(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"Error: connect ETIMEDOUT 10.0.0.1:443\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16)\n" +
			"    at async Cluster.make (/snapshot/eks/bin/cluster.js:10:20)\n    at new Promise (<anonymous>)\nNode.js v20.11.1": "Error: connect ETIMEDOUT 10.0.0.1:443",
		"sdk-v2/provider2.go:572: sdk.helper_schema: creating IAM Role (a): AccessDenied: no: provider=aws@6.83.2": "creating IAM Role (a): AccessDenied: no",
		"1 error occurred:\n\t* creating IAM Role (a): AccessDenied: no\n\n":                                       "creating IAM Role (a): AccessDenied: no",
		"rpc error: code = Unknown desc = no such zone":                                                            "no such zone",
		"no such zone\nno such zone\nlook at line 3:\n  at: [1, 2]":                                                "no such zone\nlook at line 3:\n  at: [1, 2]",
		"1 error occurred:": "1 error occurred:",
		"{\n  a: {\n  }\n}": "{\n  a: {\n  }\n}",
	} {
		assert.Equal(t, want, cause(message))
	}
}

// A message that a plugin writes twice, as those that are made from Terraform's providers do,
// is told once, in the error and in the events.
func TestDoubledMessages(t *testing.T) {
	w := newWorld(t)
	w.cloud.before = func(_ string, urn resource.URN) error {
		return errors.New("1 error occurred:\n\t* creating Thing: AccessDenied: no\n\n")
	}
	_, err := w.up(func(ctx *pulumi.Context) error {
		made, err := newThing(ctx, "first", pulumi.Map{})
		if err != nil {
			return err
		}
		_, err = newThing(ctx, "second", pulumi.Map{"of": made.Serial})
		return err
	})
	var failed *OperationError
	require.ErrorAs(t, err, &failed)
	require.Len(t, failed.Failures, 1)
	assert.Equal(t, "creating Thing: AccessDenied: no", failed.Failures[0].Message)
	assert.Equal(t, "apply stack organization/project/target: "+urnOf("first")+": creating Thing: AccessDenied: no", err.Error())
}
