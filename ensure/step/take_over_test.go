package step

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTakeOverError(t *testing.T) {
	const urn = "urn:pulumi:demo01-staging::p::kubernetes:core/v1:ConfigMap::settings"
	err := &TakeOverError{Objects: []TakenOver{{URN: urn, Type: "kubernetes:core/v1:ConfigMap", ID: "default/settings", By: "kubectl-create"}}}
	assert.EqualError(t, err, `the plan would take over what others made, change it, and delete it when ptd no longer has it:
  kubernetes:core/v1:ConfigMap default/settings
    made by kubectl-create; in the plan it is `+urn+`
    to allow it: --allow-take-over `+urn+`
else give one of the two another name, or delete the other one
nothing was applied`)
}
