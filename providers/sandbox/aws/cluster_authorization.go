package aws

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// Enter implements sandbox.Cluster: the identifier must be the cluster's, the credential
// one of `ptd token`, and access given by an entry or by aws-auth.
func (c *eksCluster) Enter(identifier string, credential *sandbox.Credential) error {
	if arn := c.object.String("arn"); strings.HasPrefix(identifier, "arn:") && arn != "" && identifier != arn {
		return fmt.Errorf("the kubeconfig leads to the cluster %s, and clusterIdentifier is %s", arn, identifier)
	}
	if credential != nil {
		if err := c.accept(credential); err != nil {
			return err
		}
	}
	return c.authorize()
}

// accept refuses a command that gets no credential for the cluster.
func (c *eksCluster) accept(credential *sandbox.Credential) error {
	if credential.Command != "ptd" {
		return fmt.Errorf("getting credentials: exec: executable %s not found: only ptd itself is on the machine", credential.Command)
	}
	if len(credential.Args) != 3 || credential.Args[0] != "token" {
		return fmt.Errorf("getting credentials: exec: executable ptd failed: `ptd %s` is not `ptd token <target> <cluster>`", strings.Join(credential.Args, " "))
	}
	if credential.Args[2] != c.name() {
		return fmt.Errorf("the server has asked for the client to provide credentials (Unauthorized): ptd got those of cluster %s for cluster %s", credential.Args[2], c.name())
	}
	return nil
}

// authenticationMode is what the cluster believes, "" when it does not say.
func (c *eksCluster) authenticationMode() string {
	access, _ := c.object.Get("accessConfig").(map[string]any)
	mode, _ := sandbox.Inputs(access).Text("authenticationMode")
	return mode
}

// authorize makes sure that ptd may do everything. A cluster that says nothing about access
// and has no access entry is open: only tests have such.
func (c *eksCluster) authorize() error {
	entries := c.parts(accessEntryType)
	mode := c.authenticationMode()
	if mode == "" && len(entries) == 0 {
		return nil
	}
	access, _ := c.object.Get("accessConfig").(map[string]any)
	creator, given := access["bootstrapClusterCreatorAdminPermissions"].(bool)
	if mode == "CONFIG_MAP" && (creator || !given) { // in the other modes the creator has an entry
		return nil
	}
	if mode != "CONFIG_MAP" {
		for _, entry := range entries {
			if principal := entry.String("principalArn"); c.isCaller(principal) && c.isAdmin(principal) {
				return nil
			}
		}
	}
	if strings.Contains(mode, "CONFIG_MAP") && c.mapped() {
		return nil
	}
	return fmt.Errorf("the server has asked for the client to provide credentials (Unauthorized): %s has no access entry with %s for the whole of cluster %s",
		c.adminRole(), strings.TrimPrefix(clusterAdminPolicy, accessPolicyPrefix), c.name())
}

// adminRole is the role that ptd works with.
func (c *eksCluster) adminRole() string {
	return fmt.Sprintf("arn:aws:iam::%s:role/admin.posit.team", c.object.Account)
}

// isCaller tells whether a role may be the one that ptd works with: the admin role, or one
// that is there before ptd, as a custom role is.
func (c *eksCluster) isCaller(principal string) bool {
	return principal == c.adminRole() || slices.ContainsFunc(c.cloud.OfType(roleType), func(role *sandbox.Object) bool {
		return role.External && role.String("arn") == principal
	})
}

// isAdmin tells whether a principal has the admin policy for the whole cluster.
func (c *eksCluster) isAdmin(principal string) bool {
	return slices.ContainsFunc(c.parts(accessAssociationType), func(association *sandbox.Object) bool {
		scope, _ := association.Get("accessScope").(map[string]any)
		return association.String("principalArn") == principal && scope["type"] == "cluster" &&
			association.String("policyArn") == clusterAdminPolicy
	})
}

// mapped tells whether the ConfigMap aws-auth makes the caller an admin.
func (c *eksCluster) mapped() bool {
	return slices.ContainsFunc(roleMappings(c.mapRoles()), func(mapping roleMapping) bool {
		return c.isCaller(mapping.RoleARN) && slices.Contains(mapping.Groups, "system:masters")
	})
}
