package aws

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

const (
	accessEntryType       = "aws:eks/accessEntry:AccessEntry"
	accessAssociationType = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
	podIdentityType       = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
)

const clusterAdminPolicy = accessPolicyPrefix + "AmazonEKSClusterAdminPolicy"

const accessPolicyPrefix = "arn:aws:eks::aws:cluster-access-policy/"

func clusterAccess() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		accessEntryType: {
			Args: shape(eks.AccessEntryArgs{}), Replace: []string{"clusterName", "principalArn", "type"},
			Defaults: map[string]any{"type": "STANDARD"}, Computed: []string{"kubernetesGroups", "userName"},
			Sets:    []string{"kubernetesGroups"},
			Outputs: []string{"accessEntryArn", "createdAt", "modifiedAt", "kubernetesGroups", "userName", "tagsAll"},
			References: []sandbox.Reference{
				rule.Weak(rule.By("clusterName", controlPlaneType, "name", noCluster)),
				rule.Weak(rule.Unless(isNoRole, rule.By("principalArn", roleType, "arn", "InvalidParameterException: The specified principalArn is invalid: invalid principal. (%s)"))),
			},
			Check: rule.All(checkAccessEntry, checkPrincipal(),
				rule.OneOf("type", "STANDARD", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "EC2", "HYBRID_LINUX")),
			Create: createAccessEntry,
			Delete: func(o *sandbox.Operation) error { // its associations go with it
				if cluster := o.Object(controlPlaneType, o.Old.String("clusterName")); cluster != nil {
					if err := (&eksCluster{o.Cloud, cluster}).keeps(o.Old); err != nil {
						return err
					}
				}
				for _, association := range partsOf(o, accessAssociationType, o.Old.String("clusterName")) {
					if association.String("principalArn") == o.Old.String("principalArn") {
						if err := o.Cloud.Remove(association.Key()); err != nil {
							return err
						}
					}
				}
				return nil
			},
		},
		accessAssociationType: {
			Args: shape(eks.AccessPolicyAssociationArgs{}), Replace: []string{"accessScope", "clusterName", "policyArn", "principalArn"},
			Sets:    []string{"accessScope.namespaces"},
			Outputs: []string{"associatedAt", "modifiedAt"},
			References: []sandbox.Reference{
				rule.Weak(rule.By("clusterName", controlPlaneType, "name", noCluster)),
			},
			Check: rule.All(checkPrincipal(), rule.OneOf("policyArn", accessPolicies()...),
				rule.Within("accessScope", rule.All(rule.OneOf("type", "cluster", "namespace"), checkScope))),
			Create: createAssociation,
		},
		podIdentityType: {
			Args: shape(eks.PodIdentityAssociationArgs{}), Replace: []string{"clusterName", "namespace", "serviceAccount"},
			Outputs: []string{"associationArn", "associationId", "tagsAll"},
			References: []sandbox.Reference{
				rule.Weak(rule.By("clusterName", controlPlaneType, "name", noCluster)),
				rule.By("roleArn", roleType, "arn", "InvalidParameterException: Role provided in the request does not exist. (%s)"),
			},
			Unique: rule.Unique("ResourceInUseException: Association already exists: %s", "clusterName", "namespace", "serviceAccount"),
			Create: func(o *sandbox.Operation) error {
				o.ID = o.NewID("a-", 17)
				o.Outputs["associationId"] = o.ID
				o.Outputs["associationArn"] = arn(o, "eks", fmt.Sprintf("podidentityassociation/%v/%s", o.Inputs["clusterName"], o.ID))
				return nil
			},
		},
	}
}

// isNoRole tells a principal that is a user, of which the sandbox knows nothing.
func isNoRole(arn string) bool {
	_, _, resource := parseARN(arn)
	return !strings.HasPrefix(resource, "role/")
}

// checkPrincipal checks the ARN of who is let into a cluster.
func checkPrincipal() rule.Check {
	return rule.Matches("principalArn", `^arn:aws[a-z-]*:iam::\d{12}:(role|user)/.+$`, "is not the ARN of an IAM role or user")
}

func checkAccessEntry(in sandbox.Inputs) []sandbox.Problem {
	var problems rule.Problems
	kind, _ := in.Text("type")
	for _, property := range []string{"kubernetesGroups", "userName"} {
		if _, given := in[property]; given && kind != "" && kind != "STANDARD" {
			problems.Add(property, "InvalidParameterException: %s cannot be specified for an access entry of type %s", property, kind)
		}
	}
	return append(problems, rule.EachText("kubernetesGroups", func(group string) string {
		if strings.HasPrefix(group, "system:") {
			return fmt.Sprintf("InvalidParameterException: The kubernetes group name %s is invalid, it cannot start with system:", group)
		}
		return ""
	})(in)...)
}

// admitsEntries refuses what needs a cluster that has access entries.
func admitsEntries(o *sandbox.Operation) error {
	cluster, err := clusterOf(o)
	if err != nil {
		return err
	}
	if mode, _ := sandbox.Inputs(cluster.Outputs).Map("accessConfig").Text("authenticationMode"); mode == "CONFIG_MAP" {
		return errors.New("InvalidRequestException: The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation")
	}
	return nil
}

func createAccessEntry(o *sandbox.Operation) error {
	if err := admitsEntries(o); err != nil {
		return err
	}
	made := newAccessEntry(o, fmt.Sprint(o.Inputs["clusterName"]), fmt.Sprint(o.Inputs["principalArn"]), fmt.Sprint(o.Inputs["type"]))
	if o.Cloud.Object(made.Key()) != nil {
		return fmt.Errorf("ResourceInUseException: The specified access entry resource is already in use on this cluster. (%v)", o.Inputs["principalArn"])
	}
	o.ID = made.ID
	for output, value := range made.Outputs {
		if _, given := o.Inputs[output]; !given {
			o.Outputs[output] = value
		}
	}
	return nil
}

// newAccessEntry builds an entry such as EKS itself makes.
func newAccessEntry(o *sandbox.Operation, cluster, principal, kind string) *sandbox.Object {
	_, account, resource := parseARN(principal)
	user := fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/{{SessionName}}", account, resource[strings.LastIndexByte(resource, '/')+1:])
	groups := []any{}
	switch {
	case strings.HasPrefix(kind, "EC2_"):
		user, groups = "system:node:{{EC2PrivateDNSName}}", []any{"system:nodes"}
	case isNoRole(principal):
		user = principal
	}
	return &sandbox.Object{
		Provider: "aws", Type: accessEntryType, ID: cluster + ":" + principal, Account: o.Account, Region: o.Region,
		Inputs: map[string]any{"clusterName": cluster, "principalArn": principal, "type": kind},
		Outputs: map[string]any{
			"accessEntryArn": arn(o, "eks", fmt.Sprintf("access-entry/%s/%s", cluster, sandbox.Digest(32, principal))),
			"createdAt":      "2026-01-01T00:00:00Z", "modifiedAt": "2026-01-01T00:00:00Z",
			"kubernetesGroups": groups, "userName": user,
		},
	}
}

// admitCreator gives whoever makes a cluster access to it, when that is asked for.
func admitCreator(o *sandbox.Operation) error {
	access := sandbox.Inputs(o.Outputs).Map("accessConfig")
	if access["authenticationMode"] == "CONFIG_MAP" || !access.Flag("bootstrapClusterCreatorAdminPermissions") {
		return nil
	}
	_, _, session := parseARN(callerARN(o.Account))
	creator := identityARN(o, "role/"+strings.Split(session, "/")[1])
	if err := o.Cloud.Put(newAccessEntry(o, o.ID, creator, "STANDARD")); err != nil {
		return err
	}
	return o.Cloud.Put(&sandbox.Object{
		Provider: "aws", Type: accessAssociationType, ID: o.ID + "#" + creator + "#" + clusterAdminPolicy, Account: o.Account, Region: o.Region,
		Inputs: map[string]any{
			"clusterName": o.ID, "principalArn": creator, "policyArn": clusterAdminPolicy, "accessScope": map[string]any{"type": "cluster"},
		},
	})
}

// admitAll makes the entries that EKS makes when a cluster leaves the mode CONFIG_MAP: those of
// its creator and of the roles of its managed node groups. (Amazon EKS user guide, "Change
// authentication mode to use access entries" and "Create access entries")
func admitAll(o *sandbox.Operation) error {
	if err := admitCreator(o); err != nil {
		return err
	}
	for _, group := range partsOf(o, nodeGroupType, o.ID) {
		if err := admitNodes(o, o.ID, group.String("nodeRoleArn")); err != nil {
			return err
		}
	}
	return nil
}

// admitNodes makes the entry that EKS makes for the role of a managed node group.
func admitNodes(o *sandbox.Operation, cluster, role string) error {
	entry := newAccessEntry(o, cluster, role, "EC2_LINUX")
	if o.Cloud.Object(entry.Key()) != nil {
		return nil
	}
	return o.Cloud.Put(entry)
}

// accessPolicies are the policies that EKS has.
func accessPolicies() []string {
	policies := []string{
		"AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy", "AmazonEKSEditPolicy", "AmazonEKSViewPolicy", "AmazonEKSAdminViewPolicy",
		"AmazonEKSSecretReaderPolicy", "AmazonEKSAutoNodePolicy",
	}
	for i := range policies {
		policies[i] = accessPolicyPrefix + policies[i]
	}
	return policies
}

// checkScope checks what a policy holds for.
func checkScope(scope sandbox.Inputs) []sandbox.Problem {
	_, given := scope["namespaces"]
	switch kind, _ := scope.Text("type"); {
	case kind == "namespace" && !given:
		return rule.One("namespaces", "InvalidParameterException: namespaces are required for the scope namespace")
	case kind == "cluster" && given && len(scope.List("namespaces")) > 0:
		return rule.One("namespaces", "InvalidParameterException: namespaces cannot be specified for the scope cluster")
	}
	return nil
}

func createAssociation(o *sandbox.Operation) error {
	if err := admitsEntries(o); err != nil {
		return err
	}
	o.ID = fmt.Sprintf("%v#%v#%v", o.Inputs["clusterName"], o.Inputs["principalArn"], o.Inputs["policyArn"])
	entry := o.Object(accessEntryType, fmt.Sprintf("%v:%v", o.Inputs["clusterName"], o.Inputs["principalArn"]))
	if entry == nil {
		return fmt.Errorf("ResourceNotFoundException: The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'. (%v)", o.Inputs["principalArn"])
	}
	if kind := entry.String("type"); kind != "STANDARD" && kind != "EC2" {
		return fmt.Errorf("InvalidParameterException: The access entry of %v has the type %s, with which no policy can be associated", o.Inputs["principalArn"], kind)
	}
	if o.Object(o.Type, o.ID) != nil {
		return fmt.Errorf("ResourceInUseException: the policy %v is associated with %v already", o.Inputs["policyArn"], o.Inputs["principalArn"])
	}
	return nil
}
