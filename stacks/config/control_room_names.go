package config

import "strings"

// TrueName is the target's name before its first hyphen.
func (c *AWSControlRoom) TrueName() string {
	trueName, _ := splitControlRoomName(c.Name)
	return trueName
}

// Environment is what follows the target's first hyphen.
func (c *AWSControlRoom) Environment() string {
	_, environment := splitControlRoomName(c.Name)
	return environment
}

// CompoundName is {true name}-{environment}, which is the target's name.
func (c *AWSControlRoom) CompoundName() string { return c.TrueName() + "-" + c.Environment() }

// ClusterName is the EKS cluster: the compound name.
func (c *AWSControlRoom) ClusterName() string { return c.CompoundName() }

// VpcCIDR is derived from the compound name. (docs/reference/config-and-cli.md 2.6)
func (c *AWSControlRoom) VpcCIDR() string { return derivedCIDR(c.CompoundName()) }

// RequiredTags are resource_tags, then true name, environment and, unless it is "",
// managed-by; later ones win.
func (c *AWSControlRoom) RequiredTags(managedBy string) map[string]string {
	return requiredTags(c.ResourceTags, c.TrueName(), c.Environment(), managedBy, awsTagKey)
}

// BoundaryARN is the permissions boundary of every role.
func (c *AWSControlRoom) BoundaryARN() string { return AdminPolicyARN(c.AccountID) }

// StateBucket is ptd-{target}.
func (c *AWSControlRoom) StateBucket() string { return stateBucket(c.Name) }

// ParameterGroupFamily is postgres and the engine's major version.
func (c *AWSControlRoom) ParameterGroupFamily() string {
	return parameterGroupFamily(c.DBEngineVersion)
}

// Edge is the domain that hosts are under: the front door, else the domain.
func (c *AWSControlRoom) Edge() string {
	if c.FrontDoor != "" {
		return c.FrontDoor
	}
	return c.Domain
}

// GrafanaURL is where Grafana is. (docs/reference/config-and-cli.md 2.7)
func (c *AWSControlRoom) GrafanaURL() string { return "https://" + c.Edge() + "/grafana" }

// MimirHost is the host that workloads write metrics to.
func (c *AWSControlRoom) MimirHost() string { return "mimir." + c.Edge() }

// SSOHost is the host of single sign-on.
func (c *AWSControlRoom) SSOHost() string { return "sso." + c.Edge() }

// ParentZoneName is the public zone to look up without hosted_zone_id: the domain without
// its first label, with a dot at the end.
func (c *AWSControlRoom) ParentZoneName() string {
	_, parent, _ := strings.Cut(c.Domain, ".")
	return parent + "."
}

// SecretName is the hand-made secret with the Mimir salt.
// (docs/reference/config-and-cli.md 4.4)
func (c *AWSControlRoom) SecretName() string { return c.Name + ".ctrl.posit.team" }

// MimirAuthSecretName is the secret with the workloads' Mimir passwords.
func (c *AWSControlRoom) MimirAuthSecretName() string { return mimirAuthSecret(c.Name) }

// ReleasesBucket is {compound name}-releases.
func (c *AWSControlRoom) ReleasesBucket() string { return c.CompoundName() + "-releases" }
