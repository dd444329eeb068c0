package aws

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

func updateCluster(o *sandbox.Operation) error {
	old := sandbox.Inputs(o.Old.Outputs)
	before := sandbox.Inputs(o.Old.Inputs)
	from, to := o.Old.String("version"), o.Old.String("version")
	if version, ok := o.Inputs.Text("version"); ok {
		to = version
		delete(o.Outputs, "version")
	} else {
		o.Outputs["version"] = from
	}
	oldMinor, _ := minorOf(from)
	newMinor, _ := minorOf(to)
	if newMinor != oldMinor && newMinor != oldMinor+1 {
		return fmt.Errorf("InvalidParameterException: Unsupported Kubernetes minor version update from %s to %s", from, to)
	}
	for _, group := range partsOf(o, nodeGroupType, o.ID) {
		if minor, ok := minorOf(group.String("version")); ok && minor+nodeSkew < newMinor {
			return fmt.Errorf("InvalidRequestException: node group %s runs Kubernetes %s, which is too old for a control plane of version %s; update it first",
				group.String("nodeGroupName"), group.String("version"), to)
		}
	}
	// Another key is not asked for, and what is read is the old one
	// (terraform-provider-aws, internal/service/eks/cluster.go).
	if was := keyOf(before); was != "" && keyOf(o.Inputs) != was {
		o.Inputs["encryptionConfig"] = before["encryptionConfig"]
	}
	network := old.Map("vpcConfig")
	vpc, err := networkOf(o, o.Inputs.Map("vpcConfig").List("subnetIds"))
	if err != nil {
		return err
	}
	if vpc != network["vpcId"] {
		return fmt.Errorf("InvalidParameterException: Subnets specified must belong to the cluster's VPC %v", network["vpcId"])
	}
	// Other subnets, but in each of the zones that the cluster was made in, and in no other
	// (Amazon EKS User Guide, "View Amazon EKS networking requirements for VPC and subnets").
	had, has := zonesOf(o, before.Map("vpcConfig").List("subnetIds")), zonesOf(o, o.Inputs.Map("vpcConfig").List("subnetIds"))
	if !slices.Equal(had, has) {
		return fmt.Errorf("InvalidParameterException: Provided subnets belong to the AZs '%s', but the cluster was created in the AZs '%s'",
			strings.Join(has, ","), strings.Join(had, ","))
	}
	group, _ := network.Text("clusterSecurityGroupId")
	describeCluster(o, group, vpc)
	was, _ := old.Map("accessConfig").Text("authenticationMode")
	is, _ := sandbox.Inputs(o.Outputs).Map("accessConfig").Text("authenticationMode")
	if slices.Index(authenticationModes, is) < slices.Index(authenticationModes, was) {
		return fmt.Errorf("InvalidParameterException: Unsupported authentication mode update from %s to %s", was, is)
	}
	if was == "CONFIG_MAP" && is != was {
		if err := admitAll(o); err != nil {
			return err
		}
	}
	live := &eksCluster{o.Cloud, o.Old}
	lost := live.shutOut(is, live.parts(accessEntryType), live.mapRoles())
	if err := refuseLost("this authentication mode", lost); err != nil {
		return err
	}
	return createControlPlaneLogs(o)
}

func keyOf(in sandbox.Inputs) string {
	key, _ := in.Map("encryptionConfig").Map("provider").Text("keyArn")
	return key
}

// deleteCluster takes along what EKS made for the cluster and what is in it.
func deleteCluster(o *sandbox.Operation) error {
	if groups := partsOf(o, nodeGroupType, o.ID); len(groups) > 0 {
		return fmt.Errorf("ResourceInUseException: Cluster has nodegroups attached: %s", groups[0].String("nodeGroupName"))
	}
	var parts []*sandbox.Object
	for _, typ := range []string{accessAssociationType, accessEntryType, addonType, podIdentityType} {
		parts = append(parts, partsOf(o, typ, o.ID)...)
	}
	for _, account := range []string{o.Old.String("arn"), o.Old.String("endpoint")} { // the objects in it
		for _, object := range o.Cloud.InAccount(account) {
			if object.Provider == "kubernetes" {
				parts = append(parts, object)
			}
		}
	}
	if group := o.Object(logGroupType, "/aws/eks/"+o.ID+"/cluster"); group != nil && group.URN == "" && !group.External {
		parts = append(parts, group)
	}
	id, _ := sandbox.Inputs(o.Old.Outputs).Map("vpcConfig").Text("clusterSecurityGroupId")
	if group := o.Object(securityGroupType, id); group != nil {
		if users := o.Cloud.Dependents(group.Key()); len(users) > 0 {
			return fmt.Errorf("DependencyViolation: resource %s has a dependent object: %s %s", id, users[0].Type, users[0].ID)
		}
		parts = append(parts, group)
	}
	for _, part := range parts {
		if err := o.Cloud.Remove(part.Key()); err != nil {
			return err
		}
	}
	return nil
}

// zonesOf are the availability zones of subnets.
func zonesOf(o *sandbox.Operation, subnets []any) []string {
	zones := map[string]bool{}
	for _, id := range subnets {
		if subnet := o.Object(subnetType, fmt.Sprint(id)); subnet != nil {
			zones[subnet.String("availabilityZone")] = true
		}
	}
	return slices.Sorted(maps.Keys(zones))
}

// networkOf returns the VPC of subnets, which must be in two availability zones.
func networkOf(o *sandbox.Operation, subnets []any) (string, error) {
	vpcs, zones := map[string]bool{}, map[string]bool{}
	for _, id := range subnets {
		subnet := o.Object(subnetType, fmt.Sprint(id))
		if subnet == nil {
			return "", fmt.Errorf("InvalidParameterException: The subnet ID '%v' does not exist", id)
		}
		vpcs[subnet.String("vpcId")], zones[subnet.String("availabilityZone")] = true, true
	}
	if len(zones) < 2 {
		return "", fmt.Errorf("InvalidParameterException: Subnets specified must be in at least two different AZs")
	}
	if len(vpcs) > 1 {
		return "", fmt.Errorf("InvalidParameterException: Subnets specified must belong to the same VPC")
	}
	return slices.Sorted(maps.Keys(vpcs))[0], nil
}
