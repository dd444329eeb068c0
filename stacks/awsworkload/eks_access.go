package awsworkload

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components/aws"
	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
)

// adminPrincipal is the role that ptd works with.
func (r *eksRelease) adminPrincipal() string {
	if r.config.CustomRole != nil {
		return r.config.CustomRole.RoleARN
	}
	return r.config.AdminRoleARN()
}

// entries tells whether access entries decide about access, and not the ConfigMap
// aws-auth. (docs/reference/aws-workload-eks.md 4.2, 6.6)
func (r *eksRelease) entries() bool { return r.existing.entries(r.cluster) }

// entries tells the same of a cluster that may be there.
func (e ExistingCluster) entries(cluster config.AWSCluster) bool {
	return cluster.EKSAccessEntries.Enabled && e.AuthenticationMode != "CONFIG_MAP"
}

// accessEntries are who may enter the cluster: ptd, the account's power users if asked
// for, and who the configuration lists. None when the ConfigMap aws-auth decides.
// (docs/reference/aws-workload-eks.md 6.6, 11.3)
func (r *eksRelease) accessEntries() ([]aws.AccessEntry, error) {
	if !r.entries() {
		return nil, nil
	}
	entries := []aws.AccessEntry{{
		Name: "admin-access-entry", PrincipalARN: pulumi.String(r.adminPrincipal()),
		Policies: []aws.AccessPolicy{{Name: "admin", ARN: aws.ClusterAccessPolicy("AmazonEKSClusterAdminPolicy")}},
		Stays:    true,
	}}
	principals := map[string]string{r.adminPrincipal(): "ptd's own role"}
	of := []string{r.adminPrincipal()} // the principals of the entries
	if r.cluster.EKSAccessEntries.IncludeSameAccountPoweruser {
		arn, err := r.powerUser()
		if err != nil {
			return nil, err
		}
		if arn != "" {
			principals[arn] = "the power users (include_same_account_poweruser)"
			of = append(of, arn)
			entries = append(entries, aws.AccessEntry{
				Name: "poweruser-access-entry", PrincipalARN: pulumi.String(arn),
				Policies: []aws.AccessPolicy{{Name: "poweruser", ARN: aws.ClusterAccessPolicy(r.cluster.EKSAccessEntries.PoweruserPolicy)}},
			})
		}
	}
	names := r.additionalNames()
	for i, additional := range r.cluster.EKSAccessEntries.AdditionalEntries {
		if owner, taken := principals[additional.PrincipalARN]; taken {
			return nil, fmt.Errorf("eks_access_entries.additional_entries[%d]: %s has an entry already, that of %s: a principal has one",
				i, additional.PrincipalARN, owner)
		}
		principals[additional.PrincipalARN] = fmt.Sprintf("additional_entries[%d]", i)
		entry := aws.AccessEntry{
			Name: names[i], PrincipalARN: pulumi.String(additional.PrincipalARN),
			Type: additional.Type, Groups: additional.KubernetesGroups,
		}
		policies := make([]string, len(additional.AccessPolicies))
		for j, policy := range additional.AccessPolicies {
			policies[j] = policy.PolicyARN
		}
		policyNames := stableNames("", policies, r.existing.Associations[additional.PrincipalARN])
		for j, policy := range additional.AccessPolicies {
			made := aws.AccessPolicy{Name: policyNames[j], ARN: policy.PolicyARN}
			if policy.AccessScope.Type == "namespace" {
				made.Namespaces = policy.AccessScope.Namespaces
			}
			entry.Policies = append(entry.Policies, made)
		}
		entries, of = append(entries, entry), append(of, additional.PrincipalARN)
	}
	for i, principal := range of {
		if err := r.existing.takeOver(r.ctx.Log, r.name, principal, &entries[i]); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// additionalNames are the logical names of the additional entries.
func (r *eksRelease) additionalNames() []string {
	additional := r.cluster.EKSAccessEntries.AdditionalEntries
	principals := make([]string, len(additional))
	for i, entry := range additional {
		principals[i] = entry.PrincipalARN
	}
	return stableNames("additional-access-entry-", principals, r.existing.Access)
}

// powerUser is the ARN of the account's PowerUser role, which the organisation's single
// sign-on makes; "", with a warning, if there is none.
func (r *eksRelease) powerUser() (string, error) {
	roles, err := iam.GetRoles(r.ctx, &iam.GetRolesArgs{
		NameRegex: pulumi.StringRef(".*_PowerUser_.*"), PathPrefix: pulumi.StringRef("/aws-reserved/sso.amazonaws.com/"),
	}, pulumi.Parent(r))
	if err != nil {
		return "", fmt.Errorf("look up the PowerUser role of account %s: %w", r.config.AccountID, err)
	}
	if len(roles.Arns) == 0 {
		return "", r.ctx.Log.Warn(fmt.Sprintf("account %s has no PowerUser role: power users get no access to cluster %s",
			r.config.AccountID, r.name), nil)
	}
	return slices.Min(roles.Arns), nil
}

// makeAwsAuth writes the ConfigMap aws-auth, if it decides about access. Items of others
// are replaced: the list is one text. A cluster that moves to access entries keeps what was
// written last: its nodes are let in by it until EKS reads it no more, and those of Karpenter
// have no entry before step clusters. (docs/reference/aws-workload-eks.md 6.7, 11.4)
func (r *eksRelease) makeAwsAuth() error {
	if r.entries() {
		if !r.existing.AWSAuth || r.existing.AuthenticationMode == "API" {
			return nil
		}
		return r.ctx.Log.Info(fmt.Sprintf("release %s moves to access entries: the ConfigMap aws-auth stays in its cluster as ptd wrote it last, "+
			"and is read until the authentication mode is API", r.release), nil)
	}
	warning := "release " + r.release + " decides about access in the ConfigMap aws-auth, which EKS will drop: "
	if r.cluster.EKSAccessEntries.Enabled {
		warning += fmt.Sprintf("its cluster has no access entries. To get them, run this, then ptd with --refresh: "+
			"aws eks update-cluster-config --name %s --access-config authenticationMode=API_AND_CONFIG_MAP --region %s", r.name, r.config.Region)
	} else {
		warning += "set eks_access_entries.enabled to true"
	}
	if err := r.ctx.Log.Warn(warning, nil); err != nil {
		return err
	}
	powerUser, err := r.powerUser()
	if err != nil {
		return err
	}
	roles := apply.To(r.made.NodeRoleARN, func(node string) string {
		const user = "system:node:{{EC2PrivateDNSName}}"
		items := []string{mapRole(node, user, "system:bootstrappers", "system:nodes")}
		if r.config.AutoscalingEnabled { // the clusters step makes the role, but the list is one text
			karpenter := aws.KarpenterNodeRoleARN(r.config.AccountID, r.name)
			items = append(items, mapRole(karpenter, user, "system:bootstrappers", "system:nodes"))
		}
		if powerUser != "" { // aws-auth knows roles without their path
			name := powerUser[strings.LastIndex(powerUser, "/")+1:]
			items = append(items, mapRole("arn:aws:iam::"+r.config.AccountID+":role/"+name, "admin", "system:masters"))
		}
		return strings.Join(append(items, mapRole(r.adminPrincipal(), "admin", "system:masters")), "\n")
	}).(pulumi.StringOutput)
	// EKS makes it with the first node group.
	_, err = kubernetes.NewPatch(r.ctx, r.name+"-aws-auth", "v1", "ConfigMap", pulumi.Map{
		"metadata": pulumi.Map{
			"name": pulumi.String("aws-auth"), "namespace": pulumi.String("kube-system"),
		},
		"data": pulumi.StringMap{"mapRoles": roles},
	}, r.inCluster, pulumi.DependsOn(r.nodes))
	return err
}

// mapRole is one item of aws-auth's mapRoles.
func mapRole(arn, user string, groups ...string) string {
	return "- rolearn: " + arn + "\n  username: " + user + "\n  groups:\n    - " + strings.Join(groups, "\n    - ")
}
