package eks

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// cluster is an eks.Cluster that is being made.
type cluster struct {
	*component

	mode                       string // "" when it is not given
	securityGroup, nodeGroup   *made  // nil without default groups
	ingress                    *made
	cluster, role              *made
	kubernetes                 *made // its provider
	nodeAccess, oidc           *made // nil when there is none
	instanceRoles              []value
	entries                    []value
	authentication             []*made // what gives access
	encryption, kubeconfigJSON value
}

func buildCluster(c *component) error {
	made := &cluster{component: c}
	for _, step := range []func() error{
		made.check, made.ask, made.findRole, made.makeSecurityGroup, made.makeControlPlane, made.makeKubeProxy, made.makeKubernetesProvider,
		made.makeInstanceRole, made.makeNodeAccess, made.makeAccessEntries, made.makeVpcCni, made.makeCoredns, made.makeOIDCProvider,
		made.makeNodeSecurityGroup,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	made.fill()
	return nil
}

// check refuses what the real component does, and what the sandbox does not make.
func (c *cluster) check() error {
	if _, explicit := c.Options.Providers["aws"]; explicit && !c.given("providerCredentialOpts") {
		return refuse("It looks like you're using an explicit AWS provider. Please specify this provider in providerCredentialOpts.")
	}
	if c.given("creationRoleProvider") {
		return refuse("The `creationRoleProvider.provider` option is not supported in non-nodejs Pulumi programs. Please use the `providerCredentialOpts` option instead.")
	}
	if mode := c.input("authenticationMode"); mode.IsString() {
		c.mode = mode.StringValue()
	}
	if err := c.checkAuthentication(); err != nil {
		return err
	}
	if c.given("instanceRole") && c.given("instanceRoles") {
		return refuse("instanceRole and instanceRoles are mutually exclusive, and cannot both be set.")
	}
	if c.given("subnetIds") && (c.given("publicSubnetIds") || c.given("privateSubnetIds")) {
		return refuse("subnetIds, and the use of publicSubnetIds and/or privateSubnetIds are mutually exclusive. Choose a single approach.")
	}
	if c.given("publicAccessCidrs") && !orFlag(c.raw("endpointPublicAccess"), true) {
		return refuse("`publicAccessCidrs` can only be set when `endpointPublicAccess` is true")
	}
	if !c.given("vpcId") {
		return errors.New("no matching EC2 VPC found: without vpcId the default VPC is used, and the sandbox has none; pass vpcId and subnetIds")
	}
	for _, absent := range []struct{ name, instead string }{
		{"fargate", "leave it out"}, {"autoMode", "leave it out"}, {"storageClasses", "make StorageClass objects of their own"},
		{"nodeGroupOptions", "set skipDefaultNodeGroup and make managed node groups"},
	} {
		if c.given(absent.name) {
			return fmt.Errorf("the sandbox does not simulate %s: %s", absent.name, absent.instead)
		}
	}
	if !c.isTrue("skipDefaultNodeGroup") {
		return errors.New("the sandbox does not simulate the default node group, which is self-managed: set skipDefaultNodeGroup and make managed node groups")
	}
	return nil
}

// ask calls the functions that the real component calls for every cluster, with the provider
// that it was given. (docs/reference/real-plugins.md 1, row 7)
func (c *cluster) ask() error {
	for _, function := range []string{"aws:index/getPartition:getPartition", "aws:index/getRegion:getRegion"} {
		if _, err := c.invoke(function, resource.PropertyMap{}); err != nil {
			return fmt.Errorf("call %s: %w", function, err)
		}
	}
	return nil
}

func (c *cluster) checkAuthentication() error {
	modes := []string{"CONFIG_MAP", "API_AND_CONFIG_MAP", "API"}
	if c.mode != "" && !slices.Contains(modes, c.mode) {
		return refuse("Invalid value for authenticationMode: %s. Allowed values are: %s.", c.mode, strings.Join(modes, ", "))
	}
	if !c.hasConfigMap() {
		for _, name := range []string{"roleMappings", "userMappings", "instanceRoles"} {
			if given := c.input(name); given.IsArray() && len(given.ArrayValue()) > 0 {
				return refuse("The '%s' property does not support non-empty values when 'authenticationMode' is set to '%s'.", name, c.mode)
			}
		}
	}
	if !c.hasEntries() && c.given("accessEntries") {
		how := "not set"
		if c.mode != "" {
			how = fmt.Sprintf("set to '%s'", c.mode)
		}
		return refuse("The 'accessEntries' property is not supported when 'authenticationMode' is %s.", how)
	}
	return nil
}

func (c *cluster) hasConfigMap() bool { return c.mode != "API" }
func (c *cluster) hasEntries() bool   { return c.mode == "API" || c.mode == "API_AND_CONFIG_MAP" }

// findRole takes the service role that is given, or makes one.
func (c *cluster) findRole() (err error) {
	if c.given("serviceRole") {
		if c.role, err = c.find(c.raw("serviceRole"), roleType); err != nil {
			return fmt.Errorf("serviceRole: %w", err)
		}
		return nil
	}
	c.role, _, err = c.makeServiceRole(c.Name+"-eksRole", "eks.amazonaws.com", "Allows EKS to manage clusters on your behalf.", "AmazonEKSClusterPolicy")
	return err
}

// subnets are those that the cluster is in.
func (c *cluster) subnets() value {
	if c.given("subnetIds") {
		return c.raw("subnetIds")
	}
	return derive(func(known []value) value {
		var all []value
		for _, ids := range known {
			if ids.IsArray() {
				all = append(all, ids.ArrayValue()...)
			}
		}
		return list(all...)
	}, c.raw("publicSubnetIds"), c.raw("privateSubnetIds"))
}

// tags joins the component's tags with others, which count less.
func (c *cluster) tags(name, more string) value {
	return derive(func(known []value) value {
		joined := resource.PropertyMap{}
		if name != "" {
			joined["Name"] = text(name)
		}
		for _, tags := range known {
			if tags.IsObject() {
				for key, tag := range tags.ObjectValue() {
					joined[key] = tag
				}
			}
		}
		return resource.NewObjectProperty(joined)
	}, c.raw(more), c.raw("tags"))
}

func (c *cluster) makeControlPlane() (err error) {
	network := map[string]value{
		"subnetIds": c.subnets(), "endpointPrivateAccess": c.raw("endpointPrivateAccess"), "endpointPublicAccess": c.raw("endpointPublicAccess"),
		"publicAccessCidrs": c.raw("publicAccessCidrs"),
	}
	if c.securityGroup != nil {
		network["securityGroupIds"] = list(c.securityGroup.identifier())
	}
	inputs := map[string]value{
		"name": c.raw("name"), "roleArn": c.role.get("arn"), "version": c.raw("version"), "vpcConfig": object(network),
		"enabledClusterLogTypes": c.raw("enabledClusterLogTypes"), "defaultAddonsToRemoves": c.raw("defaultAddonsToRemove"),
		"tags": c.tags(c.Name+"-eksCluster", "clusterTags"),
	}
	if c.given("encryptionConfigKeyArn") {
		c.encryption = derive(func(known []value) value {
			return object(map[string]value{"provider": object(map[string]value{"keyArn": known[0]}), "resources": list(text("secrets"))})
		}, c.raw("encryptionConfigKeyArn"))
		inputs["encryptionConfig"] = c.encryption
	}
	if c.given("kubernetesServiceIpAddressRange") || c.given("ipFamily") {
		inputs["kubernetesNetworkConfig"] = derive(func(known []value) value {
			family := known[1]
			if family.IsNull() {
				family = text("ipv4")
			}
			fields := map[string]value{"ipFamily": family}
			if family.StringValue() == "ipv4" {
				fields["serviceIpv4Cidr"] = known[0]
			}
			return object(fields)
		}, c.raw("kubernetesServiceIpAddressRange"), c.raw("ipFamily"))
	}
	if c.mode != "" {
		inputs["accessConfig"] = object(map[string]value{
			"authenticationMode": text(c.mode), "bootstrapClusterCreatorAdminPermissions": flag(true),
		})
	}
	c.cluster, err = c.register(child{
		typ: awsClusterType, name: c.Name + "-eksCluster", inputs: inputs,
		ignoreChanges: []string{"accessConfig.bootstrapClusterCreatorAdminPermissions", "bootstrapSelfManagedAddons"},
	})
	if err == nil && !c.Info.DryRun && c.cluster.id == "" {
		// Node reads a property of what is not there.
		return refuse("TypeError: Cannot read properties of undefined: %s-eksCluster is left out of this run, and all that the component makes needs it", c.Name)
	}
	return err
}

// makeKubernetesProvider makes the component's own provider, whether it is used or not.
func (c *cluster) makeKubernetesProvider() (err error) {
	c.kubeconfigJSON = derive(kubeconfigText, c.kubeconfig(true))
	c.kubernetes, err = c.register(child{
		typ: "pulumi:providers:kubernetes", name: c.Name + "-eks-k8s", version: kubernetesVersion, inputs: map[string]value{
			"kubeconfig": c.kubeconfigJSON, "enableConfigMapMutable": c.raw("enableConfigMapMutable"),
		},
	})
	return err
}

// fill sets the outputs.
func (c *cluster) fill() {
	issuer := c.cluster.get("identities", 0, "oidcs", 0, "issuer")
	kubeconfig := c.kubeconfig(false)
	group := c.cluster.get("vpcConfig", "clusterSecurityGroupId")
	nodes, rule := group, text("")
	var clusterGroup, nodeGroup, ingress value
	if c.securityGroup != nil {
		group, clusterGroup = c.securityGroup.identifier(), c.securityGroup.reference()
	}
	if c.nodeGroup != nil {
		nodes, rule = c.nodeGroup.identifier(), c.ingress.get("securityGroupRuleId")
		nodeGroup, ingress = c.nodeGroup.reference(), c.ingress.reference()
	}
	arn := text("")
	if c.oidc != nil {
		arn = c.oidc.get("arn")
	}
	c.outputs = object(map[string]value{
		"eksCluster": c.cluster.reference(), "core": c.core(), "instanceRoles": list(c.instanceRoles...),
		"kubeconfig": kubeconfig, "kubeconfigJson": derive(kubeconfigText, kubeconfig),
		"clusterSecurityGroup": clusterGroup, "clusterSecurityGroupId": group, "nodeSecurityGroup": nodeGroup, "nodeSecurityGroupId": nodes,
		"eksClusterIngressRule": ingress, "clusterIngressRuleId": rule,
		"defaultNodeGroupAsgName": text(""), "fargateProfileId": text(""), "fargateProfileStatus": text(""), "autoModeNodeRoleName": text(""),
		"oidcProviderArn": arn, "oidcProviderUrl": issuer, "oidcIssuer": derive(func(known []value) value {
			return text(strings.TrimPrefix(known[0].StringValue(), "https://"))
		}, issuer),
	}).ObjectValue()
}

// core is what node groups and add-ons are made from.
func (c *cluster) core() value {
	fields := map[string]value{
		"cluster": c.cluster.reference(), "clusterIamRole": c.role.reference(), "endpoint": c.cluster.get("endpoint"),
		"instanceRoles": list(c.instanceRoles...), "kubeconfig": c.kubeconfig(false), "nodeGroupOptions": object(map[string]value{"version": c.raw("version")}),
		"provider": c.kubernetes.reference(), "subnetIds": c.subnets(), "publicSubnetIds": c.raw("publicSubnetIds"),
		"privateSubnetIds": c.raw("privateSubnetIds"), "vpcId": c.raw("vpcId"), "tags": c.raw("tags"), "nodeSecurityGroupTags": c.raw("nodeSecurityGroupTags"),
		"accessEntries": list(c.entries...), "storageClasses": object(nil), "autoModeNodeRoleName": text(""),
		"encryptionConfig": c.encryption,
	}
	for name, made := range map[string]*made{"clusterSecurityGroup": c.securityGroup, "eksNodeAccess": c.nodeAccess, "oidcProvider": c.oidc} {
		if made != nil {
			fields[name] = made.reference()
		}
	}
	core := object(fields)
	// The real component resolves all of it at once: what is not known in a preview makes the
	// whole unknown, without telling what it waits for. (docs/reference/real-plugins.md 1, row 1)
	m := marks{}
	if plain(core, &m); c.Info.DryRun && (m.unknown || c.cluster.id == "") {
		return resource.MakeComputed(text(""))
	}
	return core
}
