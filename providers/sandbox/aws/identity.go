package aws

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

const (
	roleType       = "aws:iam/role:Role"
	rolePolicyType = "aws:iam/rolePolicy:RolePolicy"
	policyType     = "aws:iam/policy:Policy"
	attachmentType = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	profileType    = "aws:iam/instanceProfile:InstanceProfile"
	providerType   = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
)

const noRole = "NoSuchEntity: The role with name %s cannot be found."

var validName = `^[\w+=,.@-]{1,%d}$`

func identity() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		roleType: {
			Args: shape(iam.RoleArgs{}), AutoName: "name", Replace: []string{"name", "namePrefix", "path"}, Global: true,
			Sets: []string{"managedPolicyArns", "inlinePolicies"}, Computed: []string{"managedPolicyArns", "inlinePolicies"},
			Equal: meanings(samePolicy, "assumeRolePolicy", "inlinePolicies[].policy"),
			// All that is attached is read, by whoever it was
			// (terraform-provider-aws, internal/service/iam/role.go).
			ReadBack: []string{"managedPolicyArns", "inlinePolicies"}, Read: readPolicies, Update: takePolicies,
			Ignore:   ignoreNoInlinePolicies,
			Defaults: map[string]any{"maxSessionDuration": 3600.0, "path": "/", "forceDetachPolicies": false},
			Outputs:  []string{"arn", "uniqueId", "createDate", "tagsAll"},
			References: []sandbox.Reference{
				rule.Unless(isAWSPolicy, rule.By("permissionsBoundary", policyType, "arn", "NoSuchEntity: Scope ARN: %s does not exist or is not attachable.")),
				rule.Unless(isAWSPolicy, rule.By("managedPolicyArns[]", policyType, "arn", "NoSuchEntity: Policy %s does not exist or is not attachable.")),
			},
			Unique: rule.Unique("EntityAlreadyExists: Role with name %s already exists.", "name"),
			Admit:  admitInlinePolicies,
			Check: rule.All(rule.Required("assumeRolePolicy"), identityPolicy("assumeRolePolicy", "Principal", trustLimit),
				rule.Matches("name", fmt.Sprintf(validName, 64), "is not a valid role name of at most 64 characters")),
			Create: func(o *sandbox.Operation) error {
				name, err := nameOf(o, "name")
				o.ID = name
				o.Outputs["arn"] = identityARN(o, "role"+pathOf(o)+name)
				o.Outputs["uniqueId"] = "AROA" + strings.ToUpper(sandbox.Digest(17, o.Account, name))
				return err
			},
		},
		rolePolicyType: {
			Args: shape(iam.RolePolicyArgs{}), AutoName: "name", Replace: []string{"name", "namePrefix", "role"}, Global: true,
			References: []sandbox.Reference{rule.By("role", roleType, "name", noRole)},
			Equal:      meanings(samePolicy, "policy"),
			Overwrites: func(sandbox.Inputs) bool { return true }, // it is put
			Check:      identityPolicy("policy", "Resource", inlineLimit),
			Admit:      admitInlinePolicies,
			Create: func(o *sandbox.Operation) error {
				name, err := nameOf(o, "name")
				o.ID = fmt.Sprintf("%v:%s", o.Inputs["role"], name)
				return err
			},
		},
		policyType: {
			Args: shape(iam.PolicyArgs{}), AutoName: "name", Replace: []string{"name", "namePrefix", "path", "description"}, Global: true,
			Defaults: map[string]any{"path": "/"}, Outputs: []string{"arn", "policyId", "attachmentCount", "tagsAll"},
			Equal:  meanings(samePolicy, "policy"),
			Unique: rule.Unique("EntityAlreadyExists: A policy called %s already exists. Duplicate names are not allowed.", "name"),
			Check: rule.All(rule.Required("policy"), identityPolicy("policy", "Resource", 6144),
				rule.Matches("name", fmt.Sprintf(validName, 128), "is not a valid policy name of at most 128 characters")),
			Create: func(o *sandbox.Operation) error {
				name, err := nameOf(o, "name")
				o.ID = identityARN(o, "policy"+pathOf(o)+name)
				o.Outputs["arn"] = o.ID
				o.Outputs["policyId"] = "ANPA" + strings.ToUpper(sandbox.Digest(17, o.Account, name))
				return err
			},
		},
		attachmentType: {
			Args: shape(iam.RolePolicyAttachmentArgs{}), Replace: []string{"role", "policyArn"}, Global: true,
			DeleteBeforeReplace: true, // pulumi-aws, provider/resources.go
			References: []sandbox.Reference{
				rule.By("role", roleType, "name", noRole),
				rule.Unless(isAWSPolicy, rule.By("policyArn", policyType, "arn", "NoSuchEntity: Policy %s does not exist or is not attachable.")),
			},
			Create: func(o *sandbox.Operation) error {
				o.ID = o.NewID(fmt.Sprintf("%v-", o.Inputs["role"]), 26)
				return nil
			},
		},
		profileType: {
			Args: shape(iam.InstanceProfileArgs{}), AutoName: "name", Replace: []string{"name", "namePrefix", "path"}, Global: true,
			Defaults: map[string]any{"path": "/"}, Outputs: []string{"arn", "uniqueId", "createDate", "tagsAll"},
			References: []sandbox.Reference{rule.By("role", roleType, "name", noRole)},
			Unique:     rule.Unique("EntityAlreadyExists: Instance Profile %s already exists.", "name"),
			Create: func(o *sandbox.Operation) error {
				name, err := nameOf(o, "name")
				o.ID = name
				o.Outputs["arn"] = identityARN(o, "instance-profile"+pathOf(o)+name)
				return err
			},
		},
		providerType: {
			Args: shape(iam.OpenIdConnectProviderArgs{}), Replace: []string{"url"}, Global: true,
			Outputs: []string{"arn", "tagsAll", "thumbprintLists"},
			Sets:    []string{"clientIdLists"}, Computed: []string{"thumbprintLists"}, Ignore: ignoreNoThumbprints,
			Unique: rule.Unique("EntityAlreadyExists: Provider with url %s already exists.", "url"),
			Check:  rule.Matches("url", `^https://`, "is not an https address"),
			Create: func(o *sandbox.Operation) error {
				url, _ := o.Inputs.Text("url")
				o.ID = identityARN(o, "oidc-provider/"+strings.TrimPrefix(url, "https://"))
				o.Outputs["arn"] = o.ID
				if _, given := o.Inputs["thumbprintLists"]; !given { // IAM reads it from the issuer itself
					o.Outputs["thumbprintLists"] = []any{sandbox.Digest(40, "oidc.eks.amazonaws.com")}
				}
				return nil
			},
		},
	}
}

func identityARN(o *sandbox.Operation, resource string) string {
	return fmt.Sprintf("arn:aws:iam::%s:%s", o.Account, resource)
}

func pathOf(o *sandbox.Operation) string {
	if path, ok := o.Inputs.Text("path"); ok {
		return path
	}
	return "/"
}

// isAWSPolicy tells a policy that AWS itself manages.
func isAWSPolicy(arn string) bool { return strings.HasPrefix(arn, "arn:aws:iam::aws:policy/") }

// parseARN splits an ARN; the parts are empty when it is none.
func parseARN(arn string) (service, account, resource string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return "", "", ""
	}
	return parts[2], parts[4], parts[5]
}

// ignoreNoThumbprints leaves the thumbprints of a provider alone when a list of none is given:
// an update with it is not sent (terraform-provider-aws,
// internal/service/iam/openid_connect_provider.go).
func ignoreNoThumbprints(old, new sandbox.Inputs) []string {
	if _, given := new["thumbprintLists"]; given && len(new.List("thumbprintLists")) == 0 && old["thumbprintLists"] != nil {
		return []string{"thumbprintLists"}
	}
	return nil
}
