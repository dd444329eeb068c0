package aws

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

const (
	instanceType       = "aws:ec2/instance:Instance"
	logGroupType       = "aws:cloudwatch/logGroup:LogGroup"
	clusterType        = "aws:ecs/cluster:Cluster"
	taskDefinitionType = "aws:ecs/taskDefinition:TaskDefinition"
)

func compute() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		instanceType: {
			Args: shape(ec2.InstanceArgs{}),
			Replace: []string{
				"ami", "associatePublicIpAddress", "availabilityZone", "ebsOptimized", "hibernation", "keyName", "launchTemplate", "privateIp",
				"rootBlockDevice.encrypted", "rootBlockDevice.kmsKeyId", "subnetId", "tenancy",
			},
			ReplaceIf: func(_, new sandbox.Inputs) []string { // else the instance is stopped and started
				if new.Flag("userDataReplaceOnChange") {
					return []string{"userData", "userDataBase64"}
				}
				return nil
			},
			Sets: []string{"vpcSecurityGroupIds"},
			Computed: []string{
				"ami", "associatePublicIpAddress", "availabilityZone", "iamInstanceProfile", "instanceType", "keyName", "metadataOptions",
				"privateIp", "rootBlockDevice", "rootBlockDevice.encrypted", "rootBlockDevice.kmsKeyId", "subnetId", "tenancy",
				"vpcSecurityGroupIds",
			},
			Defaults: map[string]any{"getPasswordData": false, "sourceDestCheck": true, "userDataReplaceOnChange": false},
			Outputs:  []string{"arn", "privateIp", "privateDns", "publicIp", "instanceState", "primaryNetworkInterfaceId", "tagsAll"},
			References: []sandbox.Reference{
				rule.Reference("subnetId", subnetType, noSubnet), rule.Reference("vpcSecurityGroupIds[]", securityGroupType, noSecurityGroup),
				rule.By("iamInstanceProfile", profileType, "name", "Invalid IAM Instance Profile name: %s"),
			},
			Check: rule.All(rule.Required("instanceType", "ami"),
				rule.Matches("ami", `^ami-[0-9a-f]{8,17}$`, "is not an image id (InvalidAMIID.Malformed)"),
				rule.Matches("instanceType", `^[a-z][a-z0-9\-]*\.[a-z0-9\-]+$`, "is not an instance type")),
			Create: func(o *sandbox.Operation) error {
				o.Outputs["instanceState"], o.Outputs["privateIp"] = "running", "10.0.0.10"
				return made("i-", "ec2", "instance/")(o)
			},
		},
	}
}

func logs() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		logGroupType: {
			Args: shape(cloudwatch.LogGroupArgs{}), AutoName: "name", Replace: []string{"name", "namePrefix", "logGroupClass"},
			Computed: []string{"logGroupClass"}, Defaults: map[string]any{"retentionInDays": 0.0, "skipDestroy": false},
			Outputs: []string{"arn", "tagsAll"},
			Unique:  rule.Unique("ResourceAlreadyExistsException: The specified log group %s already exists", "name"),
			Check: func(in sandbox.Inputs) []sandbox.Problem {
				days, ok := in.Number("retentionInDays")
				if !ok {
					return nil
				}
				for _, allowed := range []float64{
					0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
				} {
					if days == allowed {
						return nil
					}
				}
				return rule.One("retentionInDays", "is not a number of days that CloudWatch Logs offers")
			},
			Create: named("name", "logs", "log-group:"),
		},
	}
}

// isNoLogGroup tells that a destination of flow logs is a bucket or a stream, or a
// log group with a suffix, of somebody else.
func isNoLogGroup(arn string) bool {
	service, _, _ := parseARN(arn)
	return service != "logs"
}

func containers() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		clusterType: {
			Args: shape(ecs.ClusterArgs{}), AutoName: "name", Replace: []string{"name"}, Outputs: []string{"arn", "tagsAll"},
			Sets: []string{"settings"}, Computed: []string{"settings"},
			Unique: rule.Unique("ClusterAlreadyExists: %s", "name"),
			Create: func(o *sandbox.Operation) error {
				name, err := nameOf(o, "name")
				o.ID = arn(o, "ecs", "cluster/"+name)
				o.Outputs["arn"] = o.ID
				return err
			},
		},
		taskDefinitionType: {
			Args: shape(ecs.TaskDefinitionArgs{}), Outputs: []string{"arn", "arnWithoutRevision", "revision", "tagsAll"},
			Replace: []string{
				"family", "containerDefinitions", "cpu", "ephemeralStorage", "inferenceAccelerators", "ipcMode", "memory", "networkMode", "pidMode",
				"placementConstraints", "proxyConfiguration", "requiresCompatibilities", "runtimePlatform", "executionRoleArn", "taskRoleArn",
				"volumes",
			},
			Sets:     []string{"inferenceAccelerators", "placementConstraints", "requiresCompatibilities", "volumes"},
			Equal:    meanings(sameContainers, "containerDefinitions"),
			Computed: []string{"networkMode"},
			Defaults: map[string]any{"skipDestroy": false, "trackLatest": false},
			References: []sandbox.Reference{
				rule.By("executionRoleArn", roleType, "arn", "ClientException: Role %s is not valid"),
				rule.By("taskRoleArn", roleType, "arn", "ClientException: Role %s is not valid"),
			},
			Check: rule.All(checkContainers,
				rule.Matches("family", `^[0-9A-Za-z_-]{1,255}$`, "must only include alphanumeric, underscore, or hyphen characters")),
			Create: func(o *sandbox.Operation) error {
				family, _ := o.Inputs.Text("family")
				o.ID = o.NewID(family+":", 4)
				o.Outputs["arn"] = arn(o, "ecs", "task-definition/"+o.ID)
				o.Outputs["arnWithoutRevision"] = arn(o, "ecs", "task-definition/"+family)
				o.Outputs["revision"] = 1.0
				return nil
			},
		},
		"aws:ecs/service:Service": {
			Args: shape(ecs.ServiceArgs{}), AutoName: "name", Outputs: []string{"tagsAll"},
			Replace:  []string{"name", "cluster", "deploymentController.type", "iamRole", "launchType", "schedulingStrategy"},
			Sets:     []string{"networkConfiguration.subnets", "networkConfiguration.securityGroups", "capacityProviderStrategies", "placementConstraints"},
			Computed: []string{"cluster", "iamRole", "launchType", "platformVersion", "triggers"},
			Defaults: map[string]any{
				"deploymentMaximumPercent": 200.0, "deploymentMinimumHealthyPercent": 100.0, "enableEcsManagedTags": false,
				"enableExecuteCommand": false, "schedulingStrategy": "REPLICA", "waitForSteadyState": false,
			},
			References: []sandbox.Reference{
				rule.By("cluster", clusterType, "arn", "ClusterNotFoundException: Cluster %s not found"),
				rule.By("taskDefinition", taskDefinitionType, "arn", "ClientException: TaskDefinition %s not found"),
				rule.Reference("networkConfiguration.subnets[]", subnetType, noSubnet),
				rule.Reference("networkConfiguration.securityGroups[]", securityGroupType, noSecurityGroup),
			},
			Unique: rule.Unique("InvalidParameterException: Creation of service %s was not idempotent", "cluster", "name"),
			Create: func(o *sandbox.Operation) error {
				name, err := nameOf(o, "name")
				o.ID = arn(o, "ecs", "service/"+name)
				return err
			},
		},
	}
}
