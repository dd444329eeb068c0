package awsworkload

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/components/componenttest"
	"github.com/ptd-go/ptd/stacks/config"
)

// newRecorder makes a recorder that knows the look-ups of the workload's stacks.
func newRecorder() *componenttest.Recorder {
	r := componenttest.New()
	for token, reply := range map[string]map[string]any{
		"aws:index/getAvailabilityZones:getAvailabilityZones": {
			"id": "zones", "groupNames": []any{"us-east-2"}, "names": []any{"us-east-2a", "us-east-2b", "us-east-2c"},
			"zoneIds": []any{"use2-az1", "use2-az2", "use2-az3"},
		},
		"aws:secretsmanager/getSecret:getSecret": {
			"id": "tailscale", "arn": "arn:aws:secretsmanager:us-east-2:" + testAccount + ":secret:tailscale-authkey-AbCdEf", "name": "tailscale-authkey",
		},
		"aws:route53/getZone:getZone":           {"id": "Z1", "zoneId": "Z1", "privateZone": false},
		"aws:ec2/getRouteTables:getRouteTables": {"id": "tables", "ids": []any{"rtb-1"}},
		"aws:ec2/getRouteTable:getRouteTable": {
			"id": "rtb-1", "routeTableId": "rtb-1", "vpcId": "vpc", "associations": []any{map[string]any{"subnetId": "subnet-0"}},
		},
	} {
		r.Calls[token] = componenttest.Answer(reply)
	}
	r.Outputs["random:index/randomPassword:RandomPassword"] = resource.PropertyMap{
		"result": resource.MakeSecret(resource.NewStringProperty(secretValue)),
	}
	return r
}

// lookUps makes the look-ups answer with the subnets that the target names: subnet-0,
// subnet-1, ...
func lookUps(r *componenttest.Recorder, workload *config.AWSWorkload) {
	if workload.ProvisionedVpc == nil {
		return
	}
	names := workload.ProvisionedVpc.PrivateSubnets
	ids := make([]any, len(names))
	for i := range ids {
		ids[i] = fmt.Sprint("subnet-", i)
	}
	r.Calls["aws:ec2/getSubnets:getSubnets"] = componenttest.Answer(map[string]any{"id": "subnets", "ids": ids})
	r.Calls["aws:ec2/getSubnet:getSubnet"] = func(args resource.PropertyMap) (resource.PropertyMap, error) {
		var i int
		if _, err := fmt.Sscanf(args["id"].StringValue(), "subnet-%d", &i); err != nil || i >= len(names) {
			return nil, fmt.Errorf("no subnet %v", args["id"])
		}
		return resource.NewPropertyMapFromMap(map[string]any{
			"id": fmt.Sprint("subnet-", i), "availabilityZoneId": fmt.Sprint("az", i), "tags": map[string]any{"Name": names[i]},
		}), nil
	}
}

// input is an input as plain data, secrets unwrapped.
func input(made componenttest.Registration, name string) any { return made.Args()[name] }

// loadTarget reads a target of testdata, and lets the test change its copy.
func loadTarget(t *testing.T, name string, change ...func(*config.AWSWorkload)) *config.Target {
	t.Helper()
	tree, err := config.OpenTree("../../testdata/targets")
	if err != nil {
		t.Fatal(err)
	}
	target, err := tree.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range change {
		change(target.AWSWorkload)
	}
	return target
}

// load is the configuration of loadTarget.
func load(t *testing.T, name string, change ...func(*config.AWSWorkload)) *config.AWSWorkload {
	t.Helper()
	return loadTarget(t, name, change...).AWSWorkload
}
