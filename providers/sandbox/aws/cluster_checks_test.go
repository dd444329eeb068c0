package aws

import (
	"fmt"
	"strings"
	"testing"
)

func TestClusterChecks(t *testing.T) {
	t.Parallel()
	const unsupported = `version: InvalidParameterException: unsupported Kubernetes version "%s"; EKS offers 1.29 to 1.35`
	network := func(changes fields) fields {
		changes["subnetIds"] = several("a", "b")
		return fields{"vpcConfig": changes}
	}
	refuse(t, map[string][]wrong{controlPlaneType: {
		{fields{"name": "a b"}, `name: "a b" is not a cluster name of at most 100 letters, digits, - and _`},
		{fields{"version": "1.33.0"}, fmt.Sprintf(unsupported, "1.33.0")},
		{fields{"version": "1.21"}, fmt.Sprintf(unsupported, "1.21")},
		{fields{"version": "1.36"}, fmt.Sprintf(unsupported, "1.36")},
		{fields{"vpcConfig": fields{"subnetIds": several("a")}}, "vpcConfig.subnetIds: InvalidParameterException: Subnets specified must be in at least two different AZs"},
		{network(fields{"endpointPublicAccess": false}), "vpcConfig: InvalidParameterException: Private and public endpoint access cannot both be false"},
		{network(fields{"publicAccessCidrs": several("everybody")}), `vpcConfig.publicAccessCidrs[0]: "everybody" is not a valid CIDR block`},
		{fields{"enabledClusterLogTypes": several("apis")}, `enabledClusterLogTypes[0]: expected it to be one of ["api" "audit" "authenticator" "controllerManager" "scheduler"], got apis`},
		{fields{"accessConfig": fields{"authenticationMode": "IAM"}}, "accessConfig.authenticationMode: " + oneOf("authenticationMode", "IAM", "CONFIG_MAP", "API_AND_CONFIG_MAP", "API")},
		{fields{"upgradePolicy": fields{"supportType": "LONG"}}, "upgradePolicy.supportType: " + oneOf("supportType", "LONG", "EXTENDED", "STANDARD")},
		{fields{"encryptionConfig": fields{"provider": fields{"keyArn": "a"}, "resources": several("all")}}, "encryptionConfig.resources[0]: expected it to be secrets, got all"},
		{fields{"kubernetesNetworkConfig": fields{"serviceIpv4Cidr": "10.0.0.0/8"}}, `kubernetesNetworkConfig.serviceIpv4Cidr: "10.0.0.0/8" must be between /12 and /24`},
		{fields{"kubernetesNetworkConfig": fields{"serviceIpv4Cidr": "11.0.0.0/16"}}, "kubernetesNetworkConfig.serviceIpv4Cidr: InvalidParameterException: 11.0.0.0/16 is not in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"},
	}})
}

func TestClusterAccessChecks(t *testing.T) {
	t.Parallel()
	kinds := []string{"STANDARD", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "EC2", "HYBRID_LINUX"}
	const noPrincipal = `principalArn: "admin" is not the ARN of an IAM role or user`
	refuse(t, map[string][]wrong{
		accessEntryType: {
			{fields{"type": "NODE"}, "type: " + oneOf("type", "NODE", kinds...)},
			{fields{"principalArn": "admin"}, noPrincipal},
			{fields{"type": "EC2_LINUX", "kubernetesGroups": several("a")}, "kubernetesGroups: InvalidParameterException: kubernetesGroups cannot be specified for an access entry of type EC2_LINUX"},
			{fields{"type": "EC2_LINUX", "userName": "a"}, "userName: InvalidParameterException: userName cannot be specified for an access entry of type EC2_LINUX"},
			{fields{"kubernetesGroups": several("a", "system:masters")}, "kubernetesGroups[1]: InvalidParameterException: The kubernetes group name system:masters is invalid, it cannot start with system:"},
		},
		accessAssociationType: {
			{fields{"policyArn": "admin"}, "policyArn: " + oneOf("policyArn", "admin", accessPolicies()...)},
			{fields{"principalArn": "admin"}, noPrincipal},
			{fields{"accessScope": fields{"type": "all"}}, "accessScope.type: " + oneOf("type", "all", "cluster", "namespace")},
			{fields{"accessScope": fields{"type": "namespace"}}, "accessScope.namespaces: InvalidParameterException: namespaces are required for the scope namespace"},
			{fields{"accessScope": fields{"type": "cluster", "namespaces": several("a")}}, "accessScope.namespaces: InvalidParameterException: namespaces cannot be specified for the scope cluster"},
		},
		addonType: {
			{fields{"addonName": "ebs-csi-driver"}, "addonName: InvalidParameterException: Addon ebs-csi-driver specified is not supported"},
			{fields{"addonVersion": "1.41.0"}, `addonVersion: "1.41.0" is not the version of an add-on: InvalidParameterException: Addon version specified is not supported`},
			{fields{"resolveConflictsOnCreate": "PRESERVE"}, "resolveConflictsOnCreate: " + oneOf("resolveConflictsOnCreate", "PRESERVE", "NONE", "OVERWRITE")},
			{fields{"resolveConflictsOnUpdate": "KEEP"}, "resolveConflictsOnUpdate: " + oneOf("resolveConflictsOnUpdate", "KEEP", "NONE", "OVERWRITE", "PRESERVE")},
			{fields{"configurationValues": "a: b"}, "configurationValues: InvalidParameterException: ConfigurationValue provided in request is not supported: invalid character 'a' looking for beginning of value"},
		},
	})
}

func TestNodeGroupChecks(t *testing.T) {
	t.Parallel()
	var many []any
	for i := range 51 {
		many = append(many, fields{"key": fmt.Sprintf("k%d", i), "effect": "NO_SCHEDULE"})
	}
	scaling := func(low, wanted, high float64) fields {
		return fields{"scalingConfig": fields{"minSize": low, "desiredSize": wanted, "maxSize": high}}
	}
	taint := func(key, effect string) fields { return fields{"key": key, "effect": effect} }
	const invalid = "InvalidParameterException: "
	refuse(t, map[string][]wrong{nodeGroupType: {
		{fields{"subnetIds": nil}, "subnetIds: is required"},
		{fields{"subnetIds": several()}, "subnetIds: " + invalid + "subnets cannot be empty"},
		{fields{"nodeGroupNamePrefix": "a"}, "nodeGroupNamePrefix: conflicts with nodeGroupName"},
		{fields{"nodeGroupName": "a b"}, `nodeGroupName: "a b" is not a node group name of at most 63 letters, digits, - and _`},
		{fields{"amiType": "AL2024"}, "amiType: " + oneOf("amiType", "AL2024", amiTypes...)},
		{fields{"capacityType": "CHEAP"}, "capacityType: " + oneOf("capacityType", "CHEAP", "ON_DEMAND", "SPOT", "CAPACITY_BLOCK")},
		{fields{"version": "1.21"}, `version: ` + invalid + `unsupported Kubernetes version "1.21"; EKS offers 1.29 to 1.35`},
		{fields{"labels": fields{"a b": "c"}}, "labels.a b: " + invalid + `Label key "a b" is invalid`},
		{fields{"labels": fields{"kubernetes.io/a": "c"}}, "labels.kubernetes.io/a: " + invalid + `Label cannot contain reserved prefixes: "kubernetes.io/a"`},
		{fields{"labels": fields{"eks.amazonaws.com/a": "c"}}, "labels.eks.amazonaws.com/a: " + invalid + `Label cannot contain reserved prefixes: "eks.amazonaws.com/a"`},
		{fields{"labels": fields{"a": "b c"}}, "labels.a: " + invalid + `Label value "b c" is invalid`},
		{fields{"taints": several(taint("gpu", "NoSchedule"))}, "taints[0].effect: " + oneOf("effect", "NoSchedule", "NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE")},
		{fields{"taints": several(taint("a b", "NO_EXECUTE"))}, "taints[0].key: " + invalid + `Taint key "a b" is invalid`},
		{fields{"taints": several(taint("", "NO_EXECUTE"))}, "taints[0].key: expected length of key to be in the range (1 - 63), got "},
		{fields{"taints": several(taint("example.com/"+strings.Repeat("a", 52), "NO_EXECUTE"))}, "taints[0].key: expected length of key to be in the range (1 - 63), got example.com/" + strings.Repeat("a", 52)},
		{fields{"updateConfig": fields{"maxUnavailable": 0.0}}, "updateConfig.maxUnavailable: 0 is not between 1 and 100"},
		{fields{"updateConfig": fields{"maxUnavailablePercentage": 101.0}}, "updateConfig.maxUnavailablePercentage: 101 is not between 1 and 100"},
		{fields{"taints": several(taint("a", "NO_EXECUTE"), taint("a", "NO_EXECUTE"))}, "taints[1]: " + invalid + "Taint a:NO_EXECUTE is given twice"},
		{fields{"taints": many}, "taints: " + invalid + "Taints per nodegroup exceed the limit of 50"},
		{scaling(0, 0, 0), "scalingConfig: " + invalid + "Maximum size 0 must be at least 1"},
		{scaling(-1, 0, 1), "scalingConfig: " + invalid + "Minimum capacity -1 can't be negative"},
		{scaling(3, 3, 2), "scalingConfig: " + invalid + "Minimum capacity 3 can't be greater than maximum size 2"},
		{scaling(2, 1, 3), "scalingConfig: " + invalid + "Minimum capacity 2 can't be greater than desired size 1"},
		{scaling(1, 4, 3), "scalingConfig: " + invalid + "desired capacity 4 can't be greater than max size 3"},
		{fields{"updateConfig": fields{"maxUnavailable": 1.0, "maxUnavailablePercentage": 1.0}}, "updateConfig: " + invalid + "exactly one of maxUnavailable and maxUnavailablePercentage must be specified"},
		{fields{"launchTemplate": fields{"version": "1"}}, "launchTemplate: " + invalid + "exactly one of the id and the name of a launch template must be specified"},
		{fields{"diskSize": 20.0}, "diskSize: " + invalid + "Disk size must be specified within the launch template."},
		{fields{"remoteAccess": fields{}}, "remoteAccess: " + invalid + "Remote access configuration cannot be specified with a launch template."},
		{fields{"amiType": "AL2023_x86_64_STANDARD", "instanceTypes": several("t3.large", "m6g.large")}, "instanceTypes[1]: " + invalid + "[m6g.large] is not a valid instance type for requested amiType AL2023_x86_64_STANDARD"},
		{fields{"amiType": "AL2023_ARM_64_STANDARD", "instanceTypes": several("t3.large")}, "instanceTypes[0]: " + invalid + "[t3.large] is not a valid instance type for requested amiType AL2023_ARM_64_STANDARD"},
	}})
}

func TestLaunchTemplateChecks(t *testing.T) {
	t.Parallel()
	metadata := func(property string, value any) fields { return fields{"metadataOptions": fields{property: value}} }
	disk := func(disk fields) fields { return fields{"blockDeviceMappings": several(fields{"ebs": disk})} }
	kinds := `["capacity-reservation" "instance" "volume" "network-interface" "spot-instances-request" "elastic-gpu" "fleet" "launch-template"]`
	refuse(t, map[string][]wrong{launchTemplateType: {
		{fields{"namePrefix": "a"}, "namePrefix: conflicts with name"},
		{disk(fields{"volumeType": "gp3", "throughput": 100.0}), "blockDeviceMappings[0].ebs.throughput: 100 is not between 125 and 1000"},
		{fields{"updateDefaultVersion": true, "defaultVersion": 1.0}, "defaultVersion: conflicts with updateDefaultVersion"},
		{fields{"instanceType": "t3.large", "instanceRequirements": fields{"memoryMib": fields{"min": 1.0}, "vcpuCount": fields{"min": 1.0}}}, "instanceRequirements: conflicts with instanceType"},
		{fields{"securityGroupNames": several("a")}, "securityGroupNames: conflicts with vpcSecurityGroupIds"},
		{fields{"name": "a b"}, `name: "a b" is not a launch template name of 3 to 128 letters, digits and ().-/_`},
		{fields{"imageId": "latest"}, `imageId: "latest" is not an image id (InvalidAMIID.Malformed)`},
		{fields{"instanceType": "large"}, `instanceType: "large" is not an instance type`},
		{fields{"userData": "#!/bin/sh"}, "userData: InvalidUserData.Malformed: Invalid BASE64 encoding of user data."},
		{metadata("httpEndpoint", "on"), "metadataOptions.httpEndpoint: " + oneOf("httpEndpoint", "on", "enabled", "disabled")},
		{metadata("httpTokens", "on"), "metadataOptions.httpTokens: " + oneOf("httpTokens", "on", "optional", "required")},
		{metadata("instanceMetadataTags", "on"), "metadataOptions.instanceMetadataTags: " + oneOf("instanceMetadataTags", "on", "enabled", "disabled")},
		{metadata("httpPutResponseHopLimit", 65.0), "metadataOptions.httpPutResponseHopLimit: 65 is not between 1 and 64"},
		{disk(fields{"volumeType": "gp4"}), "blockDeviceMappings[0].ebs.volumeType: " + oneOf("volumeType", "gp4", "standard", "io1", "io2", "gp2", "gp3", "sc1", "st1")},
		{disk(fields{"deleteOnTermination": "yes"}), "blockDeviceMappings[0].ebs.deleteOnTermination: " + oneOf("deleteOnTermination", "yes", "true", "false", "")},
		{disk(fields{"encrypted": "yes"}), "blockDeviceMappings[0].ebs.encrypted: " + oneOf("encrypted", "yes", "true", "false", "")},
		{disk(fields{"volumeSize": 0.0}), "blockDeviceMappings[0].ebs.volumeSize: 0 is not between 1 and 65536"},
		{disk(fields{"volumeType": "gp2", "throughput": 125.0}), "blockDeviceMappings[0].ebs.throughput: InvalidParameterCombination: The parameter throughput is not supported for gp2 volumes"},
		{fields{"tagSpecifications": several(fields{"resourceType": "disk"})}, "tagSpecifications[0].resourceType: expected it to be one of " + kinds + ", got disk"},
		{fields{"tagSpecifications": several(fields{"resourceType": "volume", "tags": fields{"aws:a": "b"}})}, "tagSpecifications[0].tags.aws:a: the prefix aws: is reserved"},
		{fields{"networkInterfaces": several(fields{"deviceIndex": 0.0})}, "vpcSecurityGroupIds: InvalidParameterCombination: Network interfaces and an instance-level security groups may not be specified on the same request"},
	}})
}
