package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind is the kind of a ptd.yaml.
type Kind string

// The kinds. There are no Azure control rooms.
const (
	KindAWSControlRoom Kind = "AWSControlRoomConfig"
	KindAWSWorkload    Kind = "AWSWorkloadConfig"
	KindAzureWorkload  Kind = "AzureWorkloadConfig"
)

// Target is a control room or a workload with all that its directory says.
type Target struct {
	// Name is the directory, and the name of the target's stacks.
	Name string
	Kind Kind
	// Dir is the target's directory, File its ptd.yaml.
	Dir, File string

	// Exactly one of these is set, as Kind says.
	AWSWorkload    *AWSWorkload
	AzureWorkload  *AzureWorkload
	AWSControlRoom *AWSControlRoom

	// ControlRoom is the workload's control room; nil when it has none or when that one's
	// ptd.yaml is not there, which leaves the control_room_* keys.
	ControlRoom *Target
	// SiteFiles has an entry for every site, with an empty spec where there is no site.yaml.
	SiteFiles map[string]*SiteFile
	// CustomResources are the files of the folders that releases list in
	// custom_k8s_resources, by folder, in the order of their names.
	CustomResources map[string][]CustomResourceFile
	// Customizations is nil when the target has no custom steps.
	Customizations *Manifest
	Warnings       []Problem
}

// Cloud is "aws" or "azure".
func (t *Target) Cloud() string {
	if t.Kind == KindAzureWorkload {
		return "azure"
	}
	return "aws"
}

// Type is "workload" or "control-room".
func (t *Target) Type() string {
	if t.Kind == KindAWSControlRoom {
		return "control-room"
	}
	return "workload"
}

// Project is the Pulumi project of a step: ptd-aws-workload-postgres-config.
// persistent_reprise runs the project of persistent. (docs/reference/config-and-cli.md 2.2)
func (t *Target) Project(step string) string {
	if step == "persistent_reprise" {
		step = "persistent"
	}
	return fmt.Sprintf("ptd-%s-%s-%s", t.Cloud(), t.Type(), strings.ReplaceAll(t.Kind.StepName(step), "_", "-"))
}

// Stack is the full name of a step's stack: organization/{project}/{target}.
func (t *Target) Stack(step string) string {
	return "organization/" + t.Project(step) + "/" + t.Name
}

// BackendURL is where the target's state is. (docs/reference/config-and-cli.md 4.3)
func (t *Target) BackendURL() string {
	if w := t.AzureWorkload; w != nil {
		return fmt.Sprintf("azblob://%s?storage_account=%s", w.StateContainer(), w.StateStorageAccount())
	}
	return fmt.Sprintf("s3://%s?region=%s", stateBucket(t.Name), t.Region())
}

// SecretsProviderURL names the key that encrypts the target's state.
func (t *Target) SecretsProviderURL() string {
	if w := t.AzureWorkload; w != nil {
		return fmt.Sprintf("azurekeyvault://%s.vault.azure.net/keys/%s", w.KeyVault(), StateKey)
	}
	return fmt.Sprintf("awskms://%s?region=%s", StateKeyAlias, t.Region())
}

// Region is the AWS region or Azure location.
func (t *Target) Region() string {
	switch {
	case t.AWSWorkload != nil:
		return t.AWSWorkload.Region
	case t.AzureWorkload != nil:
		return t.AzureWorkload.Region
	default:
		return t.AWSControlRoom.Region
	}
}

// AccountID is the AWS account or Azure subscription.
func (t *Target) AccountID() string {
	switch {
	case t.AWSWorkload != nil:
		return t.AWSWorkload.AccountID
	case t.AzureWorkload != nil:
		return t.AzureWorkload.SubscriptionID
	default:
		return t.AWSControlRoom.AccountID
	}
}

// CompoundName is {true name}-{environment}.
func (t *Target) CompoundName() string {
	if w := t.workload(); w != nil {
		return w.CompoundName()
	}
	return t.AWSControlRoom.CompoundName()
}

// HashName is the first 6 hex digits of the SHA-256 of the name.
// (docs/reference/config-and-cli.md 2.5)
func (t *Target) HashName() string {
	sum := sha256.Sum256([]byte(t.Name))
	return hex.EncodeToString(sum[:])[:6]
}

// TailscaleEnabled says that the target is reached through Tailscale, without a proxy.
func (t *Target) TailscaleEnabled() bool {
	switch {
	case t.AWSWorkload != nil:
		return t.AWSWorkload.TailscaleEnabled
	case t.AWSControlRoom != nil:
		return t.AWSControlRoom.TailscaleEnabled
	default:
		return false
	}
}

// SiteNames are the sites, sorted; none for a control room.
func (t *Target) SiteNames() []string {
	switch {
	case t.AWSWorkload != nil:
		return slices.Sorted(maps.Keys(t.AWSWorkload.Sites))
	case t.AzureWorkload != nil:
		return slices.Sorted(maps.Keys(t.AzureWorkload.Sites))
	default:
		return nil
	}
}

// workload is what both kinds of workload share, nil for a control room.
func (t *Target) workload() *WorkloadCommon {
	switch {
	case t.AWSWorkload != nil:
		return &t.AWSWorkload.WorkloadCommon
	case t.AzureWorkload != nil:
		return &t.AzureWorkload.WorkloadCommon
	default:
		return nil
	}
}

// allowsUnknownSiteFields says that a site.yaml may have keys that ptd does not know.
func (t *Target) allowsUnknownSiteFields() bool {
	w := t.workload()
	return w != nil && w.AllowUnknownSiteFields
}
