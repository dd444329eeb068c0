package aws

import (
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"

	"github.com/ptd-go/ptd/providers/sandbox"
)

const controlPlaneType = "aws:eks/cluster:Cluster"

const noCluster = "ResourceNotFoundException: No cluster found for name: %s"

// The minor versions of Kubernetes 1 that EKS offers here.
const oldestMinor, newestMinor, defaultMinor = 29, 35, 34

// nodeSkew is how many minor versions nodes may be behind their control plane.
const nodeSkew = 3

var authenticationModes = []string{"CONFIG_MAP", "API_AND_CONFIG_MAP", "API"}

var clusterTypes = map[string]sandbox.Type{
	controlPlaneType: {
		Args: shape(eks.ClusterArgs{}), AutoName: "name",
		Replace: []string{
			"name", "roleArn", "accessConfig.bootstrapClusterCreatorAdminPermissions", "bootstrapSelfManagedAddons",
			"kubernetesNetworkConfig.ipFamily", "kubernetesNetworkConfig.serviceIpv4Cidr", "outpostConfig",
		},
		ReplaceIf: func(old, new sandbox.Inputs) []string {
			if old["encryptionConfig"] != nil && new["encryptionConfig"] == nil { // it cannot be switched off
				return []string{"encryptionConfig"}
			}
			return nil
		},
		Computed: []string{"accessConfig", "kubernetesNetworkConfig", "upgradePolicy", "version"},
		Outputs: []string{
			"arn", "certificateAuthorities", "certificateAuthority", "createdAt", "endpoint", "identities", "platformVersion", "status",
			"version", "accessConfig", "kubernetesNetworkConfig", "upgradePolicy", "tagsAll",
			"vpcConfig.clusterSecurityGroupId", "vpcConfig.vpcId",
		},
		References: []sandbox.Reference{
			byProperty("roleArn", roleType, "arn", "InvalidParameterException: Role with arn: %s, could not be assumed because it does not exist or the trusted entity is not correct"),
			reference("vpcConfig.subnetIds[]", subnetType, "InvalidParameterException: The subnet ID '%s' does not exist"),
			reference("vpcConfig.securityGroupIds[]", securityGroupType, "InvalidParameterException: The security group '%s' does not exist"),
			{Path: "encryptionConfig.provider.keyArn", Types: []string{keyType}, By: "arn", Weak: true,
				Message: "InvalidParameterException: The keyArn in encryptionConfig provider %s is invalid"},
		},
		Unique: uniqueName("ResourceInUseException: Cluster already exists with name: %s", "name"),
		Check:  checkCluster,
		Create: createCluster,
		Update: updateCluster,
		Delete: deleteCluster,
	},
}

func checkCluster(in sandbox.Inputs) []sandbox.Problem {
	problems := sandbox.All(
		sandbox.Matches("name", `^[0-9A-Za-z][A-Za-z0-9\-_]{0,99}$`, "is not a cluster name of at most 100 letters, digits, - and _"),
		checkKubernetesVersion)(in)
	add := func(path, format string, args ...any) {
		problems = append(problems, sandbox.Problem{Path: path, Text: fmt.Sprintf(format, args...)})
	}
	network := in.Map("vpcConfig")
	if subnets, ok := network["subnetIds"].([]any); network != nil && ok && len(subnets) < 2 {
		add("vpcConfig.subnetIds", "InvalidParameterException: Subnets specified must be in at least two different AZs")
	}
	if public, ok := network["endpointPublicAccess"].(bool); ok && !public && !network.Flag("endpointPrivateAccess") {
		add("vpcConfig", "InvalidParameterException: Private and public endpoint access cannot both be false")
	}
	for i, block := range network.List("publicAccessCidrs") {
		if text, ok := block.(string); ok && blockProblem(text, 0, 32) != "" {
			add(fmt.Sprintf("vpcConfig.publicAccessCidrs[%d]", i), "%s", blockProblem(text, 0, 32))
		}
	}
	logs := []string{"api", "audit", "authenticator", "controllerManager", "scheduler"}
	for i, kind := range in.List("enabledClusterLogTypes") {
		if text, ok := kind.(string); ok && !slices.Contains(logs, text) {
			add(fmt.Sprintf("enabledClusterLogTypes[%d]", i), "expected it to be one of %q, got %s", logs, text)
		}
	}
	for _, problem := range sandbox.OneOf("authenticationMode", authenticationModes...)(in.Map("accessConfig")) {
		add("accessConfig.authenticationMode", "%s", problem.Text)
	}
	for _, problem := range sandbox.OneOf("supportType", "EXTENDED", "STANDARD")(in.Map("upgradePolicy")) {
		add("upgradePolicy.supportType", "%s", problem.Text)
	}
	for i, kind := range in.Map("encryptionConfig").List("resources") {
		if kind != "secrets" && kind != sandbox.Unknown {
			add(fmt.Sprintf("encryptionConfig.resources[%d]", i), "expected it to be secrets, got %v", kind)
		}
	}
	return append(problems, checkServiceNetwork(in.Map("kubernetesNetworkConfig"))...)
}

func checkServiceNetwork(in sandbox.Inputs) []sandbox.Problem {
	block, ok := in.Text("serviceIpv4Cidr")
	if !ok {
		return nil
	}
	text := blockProblem(block, 12, 24)
	if text == "" && !regexp.MustCompile(`^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)`).MatchString(block) {
		text = fmt.Sprintf("InvalidParameterException: %s is not in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16", block)
	}
	if text == "" {
		return nil
	}
	return []sandbox.Problem{{Path: "kubernetesNetworkConfig.serviceIpv4Cidr", Text: text}}
}

// checkKubernetesVersion checks a version's form and that EKS offers it.
func checkKubernetesVersion(in sandbox.Inputs) []sandbox.Problem {
	version, ok := in.Text("version")
	if !ok {
		return nil
	}
	if minor, ok := minorOf(version); !ok || minor < oldestMinor || minor > newestMinor {
		return []sandbox.Problem{{Path: "version", Text: fmt.Sprintf(
			"InvalidParameterException: unsupported Kubernetes version %q; EKS offers 1.%d to 1.%d", version, oldestMinor, newestMinor)}}
	}
	return nil
}

// minorOf reads a version such as "1.33".
func minorOf(version string) (int, bool) {
	text, ok := strings.CutPrefix(version, "1.")
	minor, err := strconv.Atoi(text)
	return minor, ok && err == nil && strconv.Itoa(minor) == text
}

func createCluster(o *sandbox.Operation) error {
	name, err := nameOf(o, "name")
	if err != nil {
		return err
	}
	role, _ := o.Inputs.Text("roleArn")
	if !trusts(o, role, "eks.amazonaws.com") {
		return fmt.Errorf("InvalidParameterException: Role with arn: %s, could not be assumed because it does not exist or the trusted entity is not correct", role)
	}
	vpc, err := networkOf(o, o.Inputs.Map("vpcConfig").List("subnetIds"))
	if err != nil {
		return err
	}
	o.ID = name
	long := strings.ToUpper(sandbox.Digest(32, o.Account, o.Region, name))
	o.Outputs["arn"] = arn(o, "eks", "cluster/"+name)
	o.Outputs["endpoint"] = fmt.Sprintf("https://%s.gr7.%s.eks.amazonaws.com", long, o.Region)
	o.Outputs["identities"] = []any{map[string]any{"oidcs": []any{
		map[string]any{"issuer": fmt.Sprintf("https://oidc.eks.%s.amazonaws.com/id/%s", o.Region, long)},
	}}}
	authority := map[string]any{"data": certificateAuthority(long)}
	o.Outputs["certificateAuthority"], o.Outputs["certificateAuthorities"] = authority, []any{authority}
	o.Outputs["status"], o.Outputs["platformVersion"], o.Outputs["createdAt"] = "ACTIVE", "eks.1", "2026-01-01T00:00:00Z"
	if _, ok := o.Inputs["version"]; !ok {
		o.Outputs["version"] = fmt.Sprintf("1.%d", defaultMinor)
	}
	group, err := createClusterGroup(o, name, vpc)
	if err != nil {
		return err
	}
	describeCluster(o, group, vpc)
	if err := createControlPlaneLogs(o); err != nil {
		return err
	}
	return admitCreator(o)
}

// describeCluster fills in the outputs that lie within inputs.
func describeCluster(o *sandbox.Operation, group, vpc string) {
	network := map[string]any{"endpointPublicAccess": true, "endpointPrivateAccess": false}
	maps.Copy(network, o.Inputs.Map("vpcConfig"))
	network["clusterSecurityGroupId"], network["vpcId"] = group, vpc
	o.Outputs["vpcConfig"] = network

	access := map[string]any{"authenticationMode": authenticationModes[0], "bootstrapClusterCreatorAdminPermissions": true}
	if o.Old != nil {
		maps.Copy(access, sandbox.Inputs(o.Old.Outputs).Map("accessConfig"))
	} else if _, given := o.Inputs["accessConfig"]; given { // the provider always sends what is given, false by default
		access["bootstrapClusterCreatorAdminPermissions"] = false
	}
	maps.Copy(access, o.Inputs.Map("accessConfig"))
	o.Outputs["accessConfig"] = access

	services := map[string]any{"ipFamily": "ipv4", "serviceIpv4Cidr": "172.20.0.0/16"}
	maps.Copy(services, o.Inputs.Map("kubernetesNetworkConfig"))
	o.Outputs["kubernetesNetworkConfig"] = services
	if _, ok := o.Inputs["upgradePolicy"]; !ok {
		o.Outputs["upgradePolicy"] = map[string]any{"supportType": "EXTENDED"}
	}
}

// certificateAuthority is text in the form of a certificate that belongs to nobody.
func certificateAuthority(seed string) string {
	body := base64.StdEncoding.EncodeToString([]byte("sandbox certificate authority " + seed))
	return base64.StdEncoding.EncodeToString([]byte("-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n"))
}

// networkOf returns the VPC of subnets, which must be in two availability zones.
func networkOf(o *sandbox.Operation, subnets []any) (string, error) {
	vpcs, zones := map[string]bool{}, map[string]bool{}
	for _, id := range subnets {
		subnet := o.Cloud.Object(sandbox.Key(subnetType, o.Account, o.Region, fmt.Sprint(id)))
		if subnet == nil {
			return "", fmt.Errorf("InvalidParameterException: The subnet ID '%v' does not exist", id)
		}
		vpcs[subnet.String("vpcId")], zones[subnet.String("availabilityZone")] = true, true
	}
	if len(zones) < 2 {
		return "", fmt.Errorf("InvalidParameterException: Subnets specified must be in at least two different AZs")
	}
	if len(vpcs) > 1 {
		return "", fmt.Errorf("InvalidParameterException: Subnets specified must belong to the same VPC")
	}
	return slices.Sorted(maps.Keys(vpcs))[0], nil
}

// createClusterGroup makes the security group that EKS puts on the control plane's and
// the managed nodes' interfaces.
func createClusterGroup(o *sandbox.Operation, name, vpc string) (string, error) {
	id := o.NewID("sg-", 17)
	return id, o.Cloud.Put(&sandbox.Object{
		Provider: "aws", Type: securityGroupType, ID: id, Account: o.Account, Region: o.Region,
		Inputs: map[string]any{
			"name":  "eks-cluster-sg-" + name + "-" + sandbox.Digest(9, id),
			"vpcId": vpc,
			"description": "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, " +
				"as well as any managed workloads.",
			"tags": map[string]any{"Name": "eks-cluster-sg-" + name, "kubernetes.io/cluster/" + name: "owned", "aws:eks:cluster-name": name},
		},
		Outputs:    map[string]any{"arn": arn(o, "ec2", "security-group/"+id), "ownerId": o.Account},
		References: []string{sandbox.Key(vpcType, o.Account, o.Region, vpc)},
	})
}

// createControlPlaneLogs makes the log group of the control plane, unless it is there.
func createControlPlaneLogs(o *sandbox.Operation) error {
	group := "/aws/eks/" + o.ID + "/cluster"
	if len(o.Inputs.List("enabledClusterLogTypes")) == 0 || o.Cloud.Object(sandbox.Key(logGroupType, o.Account, o.Region, group)) != nil {
		return nil
	}
	return o.Cloud.Put(&sandbox.Object{
		Provider: "aws", Type: logGroupType, ID: group, Account: o.Account, Region: o.Region,
		Inputs: map[string]any{"name": group}, Outputs: map[string]any{"arn": arn(o, "logs", "log-group:"+group)},
	})
}

// trusts tells whether a role may be assumed by a service.
func trusts(o *sandbox.Operation, role, service string) bool {
	for _, object := range o.Cloud.OfType(roleType) {
		if object.Account == o.Account && object.String("arn") == role {
			return object.External || strings.Contains(object.String("assumeRolePolicy"), `"`+service+`"`)
		}
	}
	return false
}

// clusterOf finds a cluster by the name that an input has.
func clusterOf(o *sandbox.Operation) (*sandbox.Object, error) {
	name, _ := o.Inputs.Text("clusterName")
	cluster := o.Cloud.Object(sandbox.Key(controlPlaneType, o.Account, o.Region, name))
	if cluster == nil {
		return nil, fmt.Errorf(noCluster, name)
	}
	return cluster, nil
}

// partsOf lists the objects of a type that belong to a cluster.
func partsOf(o *sandbox.Operation, typ, cluster string) []*sandbox.Object {
	return slices.DeleteFunc(o.Cloud.OfType(typ), func(object *sandbox.Object) bool {
		return object.Account != o.Account || object.Region != o.Region || object.String("clusterName") != cluster
	})
}

func updateCluster(o *sandbox.Operation) error {
	old := sandbox.Inputs(o.Old.Outputs)
	before := sandbox.Inputs(o.Old.Inputs)
	from, to := o.Old.String("version"), o.Old.String("version")
	if version, ok := o.Inputs.Text("version"); ok {
		to = version
		delete(o.Outputs, "version")
	} else {
		o.Outputs["version"] = from
	}
	oldMinor, _ := minorOf(from)
	newMinor, _ := minorOf(to)
	if newMinor != oldMinor && newMinor != oldMinor+1 {
		return fmt.Errorf("InvalidParameterException: Unsupported Kubernetes minor version update from %s to %s", from, to)
	}
	for _, group := range partsOf(o, nodeGroupType, o.ID) {
		if minor, ok := minorOf(group.String("version")); ok && minor+nodeSkew < newMinor {
			return fmt.Errorf("InvalidRequestException: node group %s runs Kubernetes %s, which is too old for a control plane of version %s; update it first",
				group.String("nodeGroupName"), group.String("version"), to)
		}
	}
	if key, was := keyOf(o.Inputs), keyOf(before); was != "" && key != was {
		return fmt.Errorf("InvalidRequestException: The encryption configuration of cluster %s cannot be changed from %s to %s", o.ID, was, key)
	}
	network := old.Map("vpcConfig")
	vpc, err := networkOf(o, o.Inputs.Map("vpcConfig").List("subnetIds"))
	if err != nil {
		return err
	}
	if vpc != network["vpcId"] {
		return fmt.Errorf("InvalidParameterException: Subnets specified must belong to the cluster's VPC %v", network["vpcId"])
	}
	group, _ := network.Text("clusterSecurityGroupId")
	describeCluster(o, group, vpc)
	was, _ := old.Map("accessConfig").Text("authenticationMode")
	is, _ := sandbox.Inputs(o.Outputs).Map("accessConfig").Text("authenticationMode")
	if slices.Index(authenticationModes, is) < slices.Index(authenticationModes, was) {
		return fmt.Errorf("InvalidParameterException: Unsupported authentication mode update from %s to %s", was, is)
	}
	return createControlPlaneLogs(o)
}

func keyOf(in sandbox.Inputs) string {
	key, _ := in.Map("encryptionConfig").Map("provider").Text("keyArn")
	return key
}

// deleteCluster takes along what EKS made for the cluster and what is in it.
func deleteCluster(o *sandbox.Operation) error {
	if groups := partsOf(o, nodeGroupType, o.ID); len(groups) > 0 {
		return fmt.Errorf("ResourceInUseException: Cluster has nodegroups attached: %s", groups[0].String("nodeGroupName"))
	}
	var parts []*sandbox.Object
	for _, typ := range []string{accessAssociationType, accessEntryType, addonType, podIdentityType} {
		parts = append(parts, partsOf(o, typ, o.ID)...)
	}
	for _, account := range []string{o.Old.String("arn"), o.Old.String("endpoint")} { // the objects in it
		for _, object := range o.Cloud.InAccount(account) {
			if object.Provider == "kubernetes" {
				parts = append(parts, object)
			}
		}
	}
	if group := o.Cloud.Object(sandbox.Key(logGroupType, o.Account, o.Region, "/aws/eks/"+o.ID+"/cluster")); group != nil && group.URN == "" && !group.External {
		parts = append(parts, group)
	}
	id, _ := sandbox.Inputs(o.Old.Outputs).Map("vpcConfig").Text("clusterSecurityGroupId")
	if group := o.Cloud.Object(sandbox.Key(securityGroupType, o.Account, o.Region, id)); group != nil {
		if users := o.Cloud.Dependents(group.Key()); len(users) > 0 {
			return fmt.Errorf("DependencyViolation: resource %s has a dependent object: %s %s", id, users[0].Type, users[0].ID)
		}
		parts = append(parts, group)
	}
	for _, part := range parts {
		if err := o.Cloud.Remove(part.Key()); err != nil {
			return err
		}
	}
	return nil
}
