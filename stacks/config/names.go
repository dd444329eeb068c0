package config

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// StateKey is the Key Vault key that encrypts state, StateKeyAlias the KMS key, which all
// targets of an account and region share.
const (
	StateKey      = "posit-team-dedicated"
	StateKeyAlias = "alias/" + StateKey
)

// AdminPolicyName is the admin policy, and the permissions boundary of every role.
const AdminPolicyName = "PositTeamDedicatedAdmin"

// AdminRoleName and ControlRoomRoleName are the roles ptd assumes.
const (
	AdminRoleName       = "admin.posit.team"
	ControlRoomRoleName = "ctrl.posit.team"
)

// TailscaleAuthKey is the secret that people keep the tailnet's auth key in.
const TailscaleAuthKey = "tailscale-authkey"

// The security groups that nodes join to reach file systems, which clusters of the Python
// programs find by the beginning of their names.
const (
	NodesFSxSecurityGroup = "eks-nodes-fsx-nfs.posit.team"
	NodesEFSSecurityGroup = "eks-nodes-efs-nfs.posit.team"
)

// ServiceAccount is the service account of something in a cluster.
func ServiceAccount(of string) string { return of + ".posit.team" }

// MainSite is the site that every workload has.
const MainSite = "main"

// The keys of the required tags. Azure writes them with ":" for "/".
const (
	TagTrueName    = "posit.team/true-name"
	TagEnvironment = "posit.team/environment"
	TagManagedBy   = "posit.team/managed-by"
)

// splitWorkloadName splits at the last hyphen, splitControlRoomName at the first.
// (docs/reference/config-and-cli.md 2.1)
func splitWorkloadName(target string) (trueName, environment string) {
	if i := strings.LastIndexByte(target, '-'); i >= 0 {
		return target[:i], target[i+1:]
	}
	return target, ""
}

func splitControlRoomName(target string) (trueName, environment string) {
	trueName, environment, _ = strings.Cut(target, "-")
	return trueName, environment
}

func stateBucket(target string) string { return "ptd-" + target }

// mimirAuthSecret is the secret of a control room with the Mimir passwords of its workloads.
func mimirAuthSecret(controlRoom string) string { return controlRoom + ".mimir-auth.posit.team" }

// derivedCIDR is 10.{o}.0.0/16, o the sum of the name's code points modulo 255.
// (docs/reference/config-and-cli.md 2.6)
func derivedCIDR(compoundName string) string {
	sum := 0
	for _, r := range compoundName {
		sum += int(r)
	}
	return fmt.Sprintf("10.%d.0.0/16", sum%255)
}

// AdminPolicyARN is the admin policy of an account.
func AdminPolicyARN(accountID string) string {
	return "arn:aws:iam::" + accountID + ":policy/" + AdminPolicyName
}

// adminRoleARN is the role that ptd works with in an account.
func adminRoleARN(accountID string) string {
	return "arn:aws:iam::" + accountID + ":role/" + AdminRoleName
}

// requiredTags are the resource tags under ptd's own; keyOf spells ptd's keys.
// (docs/reference/config-and-cli.md 2.8)
func requiredTags(
	resourceTags map[string]string, trueName, environment, managedBy string, keyOf func(string) string,
) map[string]string {
	tags := map[string]string{}
	maps.Copy(tags, resourceTags)
	tags[keyOf(TagTrueName)] = trueName
	tags[keyOf(TagEnvironment)] = environment
	if managedBy != "" {
		tags[keyOf(TagManagedBy)] = managedBy
	}
	return tags
}

func awsTagKey(key string) string   { return key }
func azureTagKey(key string) string { return strings.ReplaceAll(key, "/", ":") }

func parameterGroupFamily(engineVersion string) string {
	major, _, _ := strings.Cut(engineVersion, ".")
	return "postgres" + major
}

// sorted goes through a map in the order of its keys.
func sorted[V any](m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}
