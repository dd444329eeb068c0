package awsworkload

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/components/aws"
	"github.com/ptd-go/ptd/components/kubernetes"
	awsedge "github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/workload"
)

// ExistingCluster is what the state of the eks stack tells of a release's cluster that the
// program must not change, although the configuration does not say it.
type ExistingCluster struct {
	// Version is the one of Kubernetes that it runs, major.minor; "" if state does not say.
	Version string
	// Adopted says that older programs made it: without a log group and an encrypted default
	// storage class, and with rules that cannot change.
	Adopted bool
	// SecretsKey says that its Kubernetes secrets have a key of their own.
	SecretsKey bool
	// AuthenticationMode is API, CONFIG_MAP or API_AND_CONFIG_MAP, "" if state does not say.
	AuthenticationMode string
	// AWSAuth says that a patch of the ConfigMap aws-auth lets its nodes in, or did.
	AWSAuth bool
	// Subnets are the ids of its subnets.
	Subnets []string
	// NodeGroups are its node groups, by logical name.
	NodeGroups map[string]ExistingNodeGroup
	// Calico says that it was made without the VPC CNI. CalicoVersion and PodCIDR are those
	// of the installed Calico, "" without one.
	Calico                 bool
	CalicoVersion, PodCIDR string
	// CalicoMarks are the objects of Calico's chart that are marked as Helm's because others
	// made them: those that state has marks of, and those that are to be marked.
	CalicoMarks []string
	// Addons are the versions of its add-ons, by EKS' names of them.
	Addons map[string]string
	// Access are its access entries in state, by principal: what follows the cluster's name
	// in their logical names.
	Access map[string]string
	// Associations are the policies of these entries by principal and policy: what follows
	// the entry's name in the logical names of their associations.
	Associations map[string]map[string]string
	// Entries are those that it really has (see FindAccessEntries), whoever made them.
	Entries []awsedge.AccessEntry
	// EBSDriverPolicy is the AWS managed policy of the EBS driver's role, "" without one.
	EBSDriverPolicy string
}

// ExistingNodeGroup is what state tells of a node group's size and version.
type ExistingNodeGroup struct {
	// Min, Max and Asked are what the last run asked for, Desired the size that it has.
	Min, Max, Asked, Desired int
	// Version is the one of Kubernetes, major.minor; "" if state does not say.
	Version string
}

// StateResource is a resource as a stack's state has it.
type StateResource = workload.StateResource

// The types that ExistingClusters reads.
const (
	stateCluster   = "aws:eks/cluster:Cluster"
	stateNodeGroup = "aws:eks/nodeGroup:NodeGroup"
	stateKey       = "aws:kms/key:Key"
	stateLogGroup  = "aws:cloudwatch/logGroup:LogGroup"
	stateRelease   = "kubernetes:helm.sh/v3:Release"
	stateConfigMap = "kubernetes:core/v1:ConfigMapPatch"
	stateAddon     = "aws:eks/addon:Addon"
	stateAssociate = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
	stateAttached  = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
)

// StateAccessEntry is the type of access entries, which step clusters makes, too: for it
// they are those of its own state.
const StateAccessEntry = "aws:eks/accessEntry:AccessEntry"

// ExistingClusters finds the clusters of the workload in the state of its eks stack;
// resources lists what state has of a type.
func ExistingClusters(w *config.AWSWorkload, resources func(typ string) ([]StateResource, error)) (map[string]ExistingCluster, error) {
	state := map[string][]StateResource{}
	types := []string{
		stateCluster, stateNodeGroup, stateKey, stateLogGroup, stateRelease, stateConfigMap, stateAddon, stateAttached, StateAccessEntry, stateAssociate,
	}
	for _, object := range kubernetes.CalicoObjects() {
		types = append(types, object.Patch())
	}
	for _, typ := range types {
		found, err := resources(typ)
		if err != nil {
			return nil, fmt.Errorf("read the clusters of %s from state: %w", w.CompoundName(), err)
		}
		state[typ] = found
	}
	existing := map[string]ExistingCluster{}
	for release := range w.SortedClusters() {
		name := w.ClusterName(release)
		at := slices.IndexFunc(state[stateCluster], func(r StateResource) bool { return workload.TextAt(r.Inputs, "name") == name })
		if at < 0 {
			continue
		}
		cluster := state[stateCluster][at]
		has := func(typ, name string) bool {
			return slices.ContainsFunc(state[typ], func(r StateResource) bool { return r.Name == name })
		}
		found := ExistingCluster{
			Version: eitherText(cluster, "version"), SecretsKey: has(stateKey, name+"-secrets"),
			AuthenticationMode: workload.TextAt(cluster.Outputs, "accessConfig", "authenticationMode"),
			Subnets:            textsAt(cluster.Inputs["vpcConfig"], "subnetIds"),
			NodeGroups:         nodeGroupsOf(name, state[stateNodeGroup]),
			Addons:             addonsOf(name, state[stateAddon]),
			Access:             accessOf(name, state[StateAccessEntry]),
			EBSDriverPolicy:    attachedPolicy(name+"-ebs-csi-driver", state[stateAttached]),
		}
		found.AWSAuth = has(stateConfigMap, name+"-aws-auth")
		for _, object := range kubernetes.CalicoObjects() {
			if has(object.Patch(), object.Mark(name)) {
				found.CalicoMarks = append(found.CalicoMarks, object.Kind)
			}
		}
		found.Associations = associationsOf(name, found.Access, state[stateAssociate])
		found.Adopted = !found.SecretsKey && !has(stateLogGroup, name+"-logs") // always made before the cluster
		if removed := cluster.Inputs["defaultAddonsToRemoves"]; removed.IsArray() {
			found.Calico = slices.ContainsFunc(removed.ArrayValue(), func(v resource.PropertyValue) bool {
				return v.IsString() && v.StringValue() == "vpc-cni"
			})
		}
		for _, chart := range state[stateRelease] {
			if chart.Name == name+"-tigera-operator" {
				found.CalicoVersion, found.PodCIDR = workload.TextAt(chart.Inputs, "version"), podCIDROf(chart.Inputs)
			}
		}
		existing[release] = found
	}
	return existing, nil
}

// textsAt are the texts of a list within an object; nil without one.
func textsAt(object resource.PropertyValue, list resource.PropertyKey) (found []string) {
	if object.IsObject() && object.ObjectValue()[list].IsArray() {
		for _, element := range object.ObjectValue()[list].ArrayValue() {
			if element.IsString() {
				found = append(found, element.StringValue())
			}
		}
	}
	return found
}

// eitherText is what a resource has of a property, else what was asked for.
func eitherText(of StateResource, property string) string {
	return cmp.Or(workload.TextAt(of.Outputs, property), workload.TextAt(of.Inputs, property))
}

// addonsOf are the versions of a cluster's add-ons among all that state has, by EKS' names.
func addonsOf(cluster string, addons []StateResource) map[string]string {
	var found map[string]string
	for _, addon := range addons {
		if workload.TextAt(addon.Inputs, "clusterName") != cluster {
			continue
		}
		if found == nil {
			found = map[string]string{}
		}
		found[workload.TextAt(addon.Inputs, "addonName")] = eitherText(addon, "addonVersion")
	}
	return found
}

// accessOf are the access entries of a cluster among all that state has.
func accessOf(cluster string, entries []StateResource) map[string]string {
	var found map[string]string
	for _, entry := range entries {
		principal, name := workload.TextAt(entry.Inputs, "principalArn"), strings.TrimPrefix(entry.Name, cluster+"-")
		if workload.TextAt(entry.Inputs, "clusterName") != cluster || name == entry.Name {
			continue
		}
		if found == nil {
			found = map[string]string{}
		}
		found[principal] = name
	}
	return found
}

// associationsOf are the policies of a cluster's entries among all that state has.
func associationsOf(cluster string, access map[string]string, associations []StateResource) map[string]map[string]string {
	var found map[string]map[string]string
	for _, association := range associations {
		principal := workload.TextAt(association.Inputs, "principalArn")
		name, ok := strings.CutPrefix(association.Name, cluster+"-"+access[principal]+"-")
		if !ok || access[principal] == "" || workload.TextAt(association.Inputs, "clusterName") != cluster {
			continue
		}
		if found == nil {
			found = map[string]map[string]string{}
		}
		if found[principal] == nil {
			found[principal] = map[string]string{}
		}
		found[principal][workload.TextAt(association.Inputs, "policyArn")] = name
	}
	return found
}

// attachedPolicy is the name of the policy that an attachment of this logical name has; ""
// when there is none.
func attachedPolicy(logical string, attachments []StateResource) string {
	for _, attachment := range attachments {
		if arn := workload.TextAt(attachment.Inputs, "policyArn"); attachment.Name == logical {
			return arn[strings.LastIndex(arn, "/")+1:]
		}
	}
	return ""
}

// nodeGroupsOf finds the node groups of a cluster among all that state has.
func nodeGroupsOf(cluster string, groups []StateResource) map[string]ExistingNodeGroup {
	var found map[string]ExistingNodeGroup
	for _, group := range groups {
		if group.Name != cluster && !strings.HasPrefix(group.Name, cluster+"-") {
			continue
		}
		size := func(of resource.PropertyMap, key string) (int, bool) {
			value, ok := resource.PropertyPath{"scalingConfig", key}.Get(resource.NewProperty(of))
			if !ok || !value.IsNumber() {
				return 0, false
			}
			return int(value.NumberValue()), true
		}
		lowest, known := size(group.Inputs, "minSize")
		highest, knownToo := size(group.Inputs, "maxSize")
		asked, asks := size(group.Inputs, "desiredSize")
		if !known || !knownToo || !asks {
			continue
		}
		made := ExistingNodeGroup{Min: lowest, Max: highest, Asked: asked, Desired: asked, Version: eitherText(group, "version")}
		if has, ok := size(group.Outputs, "desiredSize"); ok {
			made.Desired = has
		}
		if found == nil {
			found = map[string]ExistingNodeGroup{}
		}
		found[group.Name] = made
	}
	return found
}

// scale gives a group that is there a new size when its bounds move, the one that it has,
// within them: EKS gets all three at once, and refuses a size out of bounds. Whatever
// scales the group decides otherwise.
func (g ExistingNodeGroup) scale(args *aws.EKSNodeGroupArgs) {
	within := func(size int) bool { return args.MinSize <= size && size <= args.MaxSize }
	if g.Min == args.MinSize && g.Max == args.MaxSize && within(g.Asked) && within(g.Desired) {
		return
	}
	args.Scale, args.DesiredSize = true, min(max(g.Desired, args.MinSize), args.MaxSize)
}

// podCIDROf is the block of pods in the values of Calico's chart.
func podCIDROf(chart resource.PropertyMap) string {
	path := resource.PropertyPath{"values", "installation", "calicoNetwork", "ipPools", 0, "cidr"}
	if value, ok := path.Get(resource.NewObjectProperty(chart)); ok && value.IsString() {
		return value.StringValue()
	}
	return ""
}

// check refuses what EKS would refuse, and what would break a cluster that is there.
// (docs/reference/aws-workload-eks.md 14.5, 21.8, 21.25)
func (existing ExistingCluster) check(cluster config.AWSCluster) error {
	if err := checkUpgrade(existing.Version, cluster.ClusterVersion); err != nil {
		return err
	}
	if existing.Calico != cluster.CalicoEnabled {
		return fmt.Errorf("calico_enabled cannot become %v: the cluster was made the other way, and its pods would lose their network; "+
			"set it in a new release", cluster.CalicoEnabled)
	}
	if existing.PodCIDR != "" && cluster.CalicoEnabled && existing.PodCIDR != cluster.PodCIDR {
		return fmt.Errorf("pod_cidr cannot become %s: pods have addresses of %s; set it in a new release", cluster.PodCIDR, existing.PodCIDR)
	}
	if existing.AuthenticationMode == "API" && !cluster.EKSAccessEntries.Enabled {
		return errors.New("eks_access_entries.enabled cannot be false: the cluster does not look at the ConfigMap aws-auth any more " +
			"(authentication mode API, which has no way back), and nobody could enter it")
	}
	return nil
}

// checkUpgrade holds the way from one version of Kubernetes to another to a minor version
// at a time, forward.
func checkUpgrade(from, to string) error {
	if from == "" || from == to {
		return nil
	}
	attempt := fmt.Sprintf("take cluster_version from %s to %s", from, to)
	oldMajor, oldMinor, err := majorMinor(from)
	if err != nil {
		return fmt.Errorf("%s: %w", attempt, err)
	}
	major, minor, err := majorMinor(to)
	if err != nil {
		return fmt.Errorf("%s: %w", attempt, err)
	}
	switch {
	case major < oldMajor || major == oldMajor && minor < oldMinor:
		return fmt.Errorf("%s: EKS does not go back: set %s", attempt, from)
	case major == oldMajor && minor > oldMinor+1:
		return fmt.Errorf("%s: EKS upgrades one minor version at a time: set %d.%d first", attempt, oldMajor, oldMinor+1)
	}
	return nil
}

func majorMinor(version string) (major, minor int, err error) {
	first, second, found := strings.Cut(version, ".")
	if found {
		major, err = strconv.Atoi(first)
		if err == nil {
			minor, err = strconv.Atoi(second)
		}
	}
	if !found || err != nil {
		return 0, 0, fmt.Errorf("%q is not a version such as 1.33", version)
	}
	return major, minor, nil
}
