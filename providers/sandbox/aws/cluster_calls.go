package aws

import (
	"context"
	"fmt"

	awsedge "github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/sandbox"
)

func (a *account) Clusters() awsedge.Clusters { return clusterCalls{a} }

type clusterCalls struct{ *account }

// Cluster stands for DescribeCluster.
func (c clusterCalls) Cluster(_ context.Context, name string) (cluster awsedge.Cluster, err error) {
	err = c.do("read", controlPlaneType, name, func() error {
		object := c.named(controlPlaneType, "name", name)
		if object == nil {
			return fmt.Errorf("cluster %s: %w", name, awsedge.ErrNotFound)
		}
		cluster.Endpoint = object.String("endpoint")
		return nil
	})
	return cluster, err
}

// AccessEntries stands for ListAccessEntries, DescribeAccessEntry and
// ListAssociatedAccessPolicies. A cluster of the mode CONFIG_MAP refuses the first of them,
// of which the interface says that there are none.
func (c clusterCalls) AccessEntries(_ context.Context, cluster string) ([]awsedge.AccessEntry, error) {
	var found []awsedge.AccessEntry
	err := c.do("read", controlPlaneType, cluster, func() error {
		object := c.named(controlPlaneType, "name", cluster)
		if object == nil {
			return fmt.Errorf("cluster %s: %w", cluster, awsedge.ErrNotFound)
		}
		if mode, _ := sandbox.Inputs(object.Outputs).Map("accessConfig").Text("authenticationMode"); mode == "CONFIG_MAP" {
			return nil
		}
		for _, entry := range partsIn(c.cloud, c.id, c.region, accessEntryType, cluster) {
			made := awsedge.AccessEntry{PrincipalARN: entry.String("principalArn"), Type: entry.String("type")}
			for _, association := range partsIn(c.cloud, c.id, c.region, accessAssociationType, cluster) {
				if association.String("principalArn") != made.PrincipalARN {
					continue
				}
				policy := awsedge.AccessPolicy{ARN: association.String("policyArn")}
				for _, namespace := range sandbox.Inputs(association.Inputs).Map("accessScope").List("namespaces") {
					policy.Namespaces = append(policy.Namespaces, fmt.Sprint(namespace))
				}
				made.Policies = append(made.Policies, policy)
			}
			found = append(found, made)
		}
		return nil
	})
	return found, err
}
