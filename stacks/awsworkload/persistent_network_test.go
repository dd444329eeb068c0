package awsworkload

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
	"github.com/ptd-go/ptd/stacks/config"
)

// adoptedInZones runs the persistent stack in an adopted VPC whose subnets are in these
// zones.
func adoptedInZones(t *testing.T, zones ...string) (*componenttest.Recorder, error) {
	t.Helper()
	r, workload := newRecorder(), load(t, "adopted01-production", func(w *config.AWSWorkload) { w.EFS.Enabled = true })
	lookUps(r, workload)
	subnet := r.Calls["aws:ec2/getSubnet:getSubnet"]
	r.Calls["aws:ec2/getSubnet:getSubnet"] = func(args resource.PropertyMap) (resource.PropertyMap, error) {
		found, err := subnet(args)
		if err != nil {
			return nil, err
		}
		var i int
		if _, err := fmt.Sscanf(args["id"].StringValue(), "subnet-%d", &i); err != nil {
			return nil, err
		}
		found["availabilityZoneId"] = resource.NewStringProperty(zones[i])
		return found, nil
	}
	return r, r.Exec(func(ctx *pulumi.Context) error {
		_, err := Persistent(ctx, PersistentIn{Config: workload, TargetName: workload.Name})
		return err
	})
}

// EFS takes a mount target a zone, and a file system of two zones a subnet of each.
func TestPersistentSubnetsThatShareAZone(t *testing.T) {
	t.Parallel()
	r, err := adoptedInZones(t, "az1", "az1", "az2")
	if err != nil {
		t.Fatal(err)
	}
	var mounted []any
	for _, target := range r.All("aws:efs/mountTarget:MountTarget") {
		mounted = append(mounted, input(target, "subnetId"))
	}
	assert.Equal(t, []any{"subnet-0", "subnet-2"}, mounted, "mount targets")
	system := r.Find(t, "aws:fsx/openZfsFileSystem:OpenZfsFileSystem", "adopted01-production-filesystem")
	system.Want(t, map[string]any{"subnetIds": []any{"subnet-0", "subnet-2"}, "preferredSubnetId": "subnet-0"})
}

func TestPersistentSubnetsInOneZone(t *testing.T) {
	t.Parallel()
	_, err := adoptedInZones(t, "az1", "az1", "az1")
	if err == nil || !strings.Contains(err.Error(), "are all in one availability zone: the database needs two") {
		t.Errorf("error %v", err)
	}
}

func TestPersistentMountTargetsOfOwnVpc(t *testing.T) {
	t.Parallel()
	for zones, want := range map[int]int{2: 2, 3: 3} {
		r := newRecorder()
		runPersistent(t, r, load(t, "minimal01-staging", func(w *config.AWSWorkload) { w.EFS.Enabled, w.VpcAZCount = true, zones }))
		if got := len(r.All("aws:efs/mountTarget:MountTarget")); got != want {
			t.Errorf("%d mount targets in %d zones", got, zones)
		}
	}
}

func TestPersistentFlowLogRetention(t *testing.T) {
	t.Parallel()
	for days, change := range map[float64]func(*config.AWSWorkload){
		30: func(*config.AWSWorkload) {}, 365: func(w *config.AWSWorkload) { w.FlowLogRetentionDays = 365 },
	} {
		r := newRecorder()
		runPersistent(t, r, load(t, "minimal01-staging", change))
		r.Find(t, "aws:cloudwatch/logGroup:LogGroup", "minimal01-staging-flow-logs-group").Want(t, map[string]any{"retentionInDays": days})
	}
}
