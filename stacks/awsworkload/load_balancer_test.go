package awsworkload

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
)

// TestOwnTags makes sure that load balancers get the resource_tags that an annotation can hold.
func TestOwnTags(t *testing.T) {
	t.Parallel()
	workload := &config.AWSWorkload{}
	workload.ResourceTags = map[string]string{
		"CostCenter": "80-4410", "corp:owner": "unit-7", "blank": "R and D", "equals": "a=b", "empty": "",
		"Name": "theirs", config.TagEnvironment: "theirs",
	}
	assert.Equal(t, []kubernetes.Tag{{Key: "CostCenter", Value: "80-4410"}, {Key: "corp:owner", Value: "unit-7"}}, ownTags(workload))
}
