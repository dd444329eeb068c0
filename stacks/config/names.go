package config

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// StateKey is the KMS alias (after "alias/") and the Key Vault key that encrypt state.
const StateKey = "posit-team-dedicated"

// AdminPolicyName is the admin policy, and the permissions boundary of every role.
const AdminPolicyName = "PositTeamDedicatedAdmin"

// AdminRoleName and ControlRoomRoleName are the roles ptd assumes.
const (
	AdminRoleName       = "admin.posit.team"
	ControlRoomRoleName = "ctrl.posit.team"
)

// MainSite is the site that every workload has.
const MainSite = "main"

// The keys of the required tags. Azure writes them with ":" for "/".
const (
	TagTrueName    = "posit.team/true-name"
	TagEnvironment = "posit.team/environment"
	TagManagedBy   = "posit.team/managed-by"
)

// splitWorkloadName splits at the last hyphen, splitControlRoomName at the first.
// (facts: config-and-cli 2.1)
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

// trueName and environment of a workload: its keys win over its directory.
func (w *WorkloadCommon) trueName(target string) string {
	if w.TrueNameOverride != "" {
		return w.TrueNameOverride
	}
	trueName, _ := splitWorkloadName(target)
	return trueName
}

func (w *WorkloadCommon) environment(target string) string {
	if w.EnvironmentOverride != "" {
		return w.EnvironmentOverride
	}
	_, environment := splitWorkloadName(target)
	return environment
}

func stateBucket(target string) string { return "ptd-" + target }

// derivedCIDR is 10.{o}.0.0/16, o the sum of the name's code points modulo 255.
// (facts: config-and-cli 2.6)
func derivedCIDR(compoundName string) string {
	sum := 0
	for _, r := range compoundName {
		sum += int(r)
	}
	return fmt.Sprintf("10.%d.0.0/16", sum%255)
}

func boundaryARN(accountID string) string {
	return fmt.Sprintf("arn:aws:iam::%s:policy/%s", accountID, AdminPolicyName)
}

// requiredTags are the resource tags under ptd's own; keyOf spells ptd's keys.
// (facts: config-and-cli 2.8)
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

// Domain is a domain and the sites that have it.
type Domain struct {
	Name string
	// Primary is the first of Sites; its settings are those of the zone and certificate.
	Primary string
	Sites   []string
}

// domains groups sites by domain, in the order of each domain's first site by name.
func domains(sites iter.Seq2[string, string]) []Domain {
	var grouped []Domain
	for site, domain := range sites {
		i := slices.IndexFunc(grouped, func(d Domain) bool { return d.Name == domain })
		if i < 0 {
			grouped = append(grouped, Domain{Name: domain, Primary: site})
			i = len(grouped) - 1
		}
		grouped[i].Sites = append(grouped[i].Sites, site)
	}
	return grouped
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
