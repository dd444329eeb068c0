package aws

import (
	"fmt"

	awseks "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-eks/sdk/v3/go/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
)

// The types of access entries that components here make.
const (
	StandardAccess  = "STANDARD"
	LinuxNodeAccess = "EC2_LINUX"
)

// AccessEntry lets an IAM principal use the Kubernetes API of a cluster, or nodes join it.
// Name and PrincipalARN are required.
type AccessEntry struct {
	// Name follows the cluster's in the logical name: {cluster}-{Name}.
	Name         string
	PrincipalARN pulumi.StringInput
	// Type is STANDARD if "". Only that type has Groups and Policies.
	Type string
	// Groups are groups of Kubernetes that the principal belongs to.
	Groups   []string
	Policies []AccessPolicy
	// Stays protects the entry and its policies like the cluster: who makes the cluster can
	// enter it as long as it is there.
	Stays bool
	// Exists says that the entry is in the cluster already, made by EKS or by somebody: it is
	// taken over.
	Exists bool
}

// AccessPolicy is an access policy of EKS and where it holds. Name and ARN are required.
type AccessPolicy struct {
	Name string // follows the entry's in the logical name: {cluster}-{entry}-{Name}
	ARN  string
	// Namespaces limit the policy to some namespaces; with none it holds in all of the cluster.
	Namespaces []string
	// Exists says that the policy is associated with the entry already (see AccessEntry).
	Exists bool
}

// ClusterAccessPolicy is the ARN of an access policy that EKS brings along
// ("AmazonEKSViewPolicy").
func ClusterAccessPolicy(name string) string { return "arn:aws:eks::aws:cluster-access-policy/" + name }

// accessEntries are entries as the cluster takes them.
//
// It is an error if a required field is missing, two entries have the same name, or one
// that is not STANDARD has groups or policies, which EKS refuses.
// (docs/reference/aws-workload-eks.md 6.6, 11.2)
func accessEntries(entries []AccessEntry, tagged map[string]string) (map[string]eks.AccessEntryArgs, error) {
	made := map[string]eks.AccessEntryArgs{}
	for _, entry := range entries {
		if _, twice := made[entry.Name]; twice || entry.Name == "" || entry.PrincipalARN == nil {
			return nil, fmt.Errorf("access entry %q: a principal and a name of its own are required", entry.Name)
		}
		typ := entry.Type
		if typ == "" {
			typ = StandardAccess
		}
		args := eks.AccessEntryArgs{PrincipalArn: entry.PrincipalARN, Type: eks.AccessEntryType(typ), Tags: tags(tagged)}
		if typ != StandardAccess && (len(entry.Groups) > 0 || len(entry.Policies) > 0) {
			return nil, fmt.Errorf("access entry %q: one of type %s has neither groups nor policies: leave them out, or use type %s",
				entry.Name, typ, StandardAccess)
		}
		if len(entry.Groups) > 0 {
			args.KubernetesGroups = pulumi.ToStringArray(entry.Groups)
		}
		for _, policy := range entry.Policies {
			if _, twice := args.AccessPolicies[policy.Name]; twice || policy.Name == "" || policy.ARN == "" {
				return nil, fmt.Errorf("access entry %q, policy %q: an ARN and a name of its own are required", entry.Name, policy.Name)
			}
			scope := awseks.AccessPolicyAssociationAccessScopeArgs{Type: pulumi.String("cluster")}
			if len(policy.Namespaces) > 0 {
				scope.Type, scope.Namespaces = pulumi.String("namespace"), pulumi.ToStringArray(policy.Namespaces)
			}
			if args.AccessPolicies == nil {
				args.AccessPolicies = map[string]eks.AccessPolicyAssociationInput{}
			}
			args.AccessPolicies[policy.Name] = eks.AccessPolicyAssociationArgs{PolicyArn: pulumi.String(policy.ARN), AccessScope: scope}
		}
		made[entry.Name] = args
	}
	return made, nil
}

// takeOver are the ids of what is in the cluster already, by the logical names of what
// takes it over. (docs/reference/aws-workload-eks.md 6.6)
func takeOver(cluster string, entries []AccessEntry) map[string]pulumi.IDInput {
	ids := map[string]pulumi.IDInput{}
	id := func(format string, parts ...any) pulumi.IDInput {
		return apply.To(pulumi.Sprintf(format, parts...), func(text string) pulumi.ID { return pulumi.ID(text) }).(pulumi.IDOutput)
	}
	for _, entry := range entries {
		name := cluster + "-" + entry.Name
		if entry.Exists {
			ids[name] = id("%s:%s", cluster, entry.PrincipalARN)
		}
		for _, policy := range entry.Policies {
			if policy.Exists {
				ids[name+"-"+policy.Name] = id("%s#%s#%s", cluster, entry.PrincipalARN, policy.ARN)
			}
		}
	}
	return ids
}

// pluginMade is a resource that a plugin makes below a component, for others to depend
// on: their order is then kept when they are deleted, too.
type pluginMade struct {
	pulumi.CustomResourceState
	urn pulumi.URNOutput
}

// URN is the one that the plugin's resource gets.
func (p *pluginMade) URN() pulumi.URNOutput { return p.urn }

// below is the resource of a type and logical name below another.
func below(parent pulumi.Resource, typ, name string) pulumi.Resource {
	urn := apply.To(parent.URN(), func(parent pulumi.URN) pulumi.URN {
		of := resource.URN(parent)
		return pulumi.URN(resource.NewURN(of.Stack(), of.Project(), of.QualifiedType(), tokens.Type(typ), name))
	}).(pulumi.URNOutput)
	return &pluginMade{urn: urn}
}

// accessBelow are the resources of entries below the component of a cluster.
// (docs/reference/aws-workload-eks.md 19.4)
func accessBelow(cluster pulumi.Resource, name string, entries ...AccessEntry) []pulumi.Resource {
	var made []pulumi.Resource
	for _, entry := range entries {
		of := below(cluster, accessEntryType, name+"-"+entry.Name)
		made = append(made, of)
		for _, policy := range entry.Policies {
			made = append(made, below(of, policyAssociationType, name+"-"+entry.Name+"-"+policy.Name))
		}
	}
	return made
}
