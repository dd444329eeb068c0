package aws

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

const (
	databaseType       = "aws:rds/instance:Instance"
	subnetGroupType    = "aws:rds/subnetGroup:SubnetGroup"
	parameterGroupType = "aws:rds/parameterGroup:ParameterGroup"
)

func databases() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		subnetGroupType: {
			Args: shape(rds.SubnetGroupArgs{}), AutoName: "name", Replace: []string{"name", "namePrefix"},
			Sets:       []string{"subnetIds"},
			Defaults:   map[string]any{"description": "Managed by Pulumi"},
			Outputs:    []string{"arn", "vpcId", "supportedNetworkTypes", "tagsAll"},
			References: []sandbox.Reference{rule.Reference("subnetIds[]", subnetType, "InvalidSubnet: subnet %s does not exist")},
			Unique:     rule.Unique("DBSubnetGroupAlreadyExists: The DB subnet group '%s' already exists.", "name"),
			Check:      checkLowerName("name"),
			Create: func(o *sandbox.Operation) error {
				zones := map[string]bool{}
				for _, id := range o.Inputs.List("subnetIds") {
					zones[o.Object(subnetType, fmt.Sprint(id)).String("availabilityZone")] = true
				}
				if len(zones) < 2 {
					return fmt.Errorf("DBSubnetGroupDoesNotCoverEnoughAZs: The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement: its subnets cover %d, at least 2 are needed", len(zones))
				}
				return named("name", "rds", "subgrp:")(o)
			},
		},
		parameterGroupType: {
			Args: shape(rds.ParameterGroupArgs{}), AutoName: "name", Replace: []string{"name", "namePrefix", "family", "description"},
			Sets: []string{"parameters"}, Equal: meanings(sameParameter, "parameters[]"),
			Defaults: map[string]any{"description": "Managed by Pulumi", "skipDestroy": false},
			Outputs:  []string{"arn", "tagsAll"},
			Unique:   rule.Unique("DBParameterGroupAlreadyExists: Parameter group %s already exists", "name"),
			Check: rule.All(checkParameterGroupName,
				rule.Matches("family", `^postgres(1[2-9]|9\.6)$`, "is not a parameter group family the sandbox knows (postgres12 to postgres19)")),
			Create: named("name", "rds", "pg:"),
		},
		databaseType: {
			Args: shape(rds.InstanceArgs{}), AutoName: "identifier",
			// Another identifier renames the instance (since v5 of terraform-provider-aws, internal/service/rds/instance.go).
			Replace: []string{
				"engine", "dbName", "username", "storageEncrypted", "kmsKeyId", "availabilityZone", "characterSetName", "snapshotIdentifier",
				"timezone", "backupTarget", "customIamInstanceProfile", "ncharCharacterSetName", "restoreToPointInTime",
			},
			Sets: []string{"vpcSecurityGroupIds", "enabledCloudwatchLogsExports"},
			Computed: []string{
				"allocatedStorage", "applyImmediately", "availabilityZone", "backupRetentionPeriod", "backupTarget", "backupWindow",
				"caCertIdentifier", "characterSetName", "dbName", "dbSubnetGroupName", "engine", "engineVersion", "identifier",
				"identifierPrefix", "iops", "kmsKeyId", "licenseModel", "maintenanceWindow", "masterUserSecretKmsKeyId", "monitoringRoleArn",
				"multiAz", "ncharCharacterSetName", "networkType", "optionGroupName", "parameterGroupName", "performanceInsightsKmsKeyId",
				"performanceInsightsRetentionPeriod", "port", "replicaMode", "snapshotIdentifier", "storageThroughput", "storageType",
				"timezone", "username", "vpcSecurityGroupIds",
			},
			Defaults: map[string]any{
				"autoMinorVersionUpgrade": true, "copyTagsToSnapshot": false, "deleteAutomatedBackups": true, "monitoringInterval": 0.0,
				"performanceInsightsEnabled": false, "publiclyAccessible": false, "skipFinalSnapshot": false,
			},
			ReadBack: append([]string{"engineVersion"}, waiting...), Ignore: ignoredStorage,
			Outputs: []string{
				"address", "arn", "endpoint", "hostedZoneId", "identifier", "maintenanceWindow", "masterUserSecrets", "multiAz", "port", "resourceId",
				"status", "engineVersionActual", "tagsAll",
			},
			References: []sandbox.Reference{
				rule.By("dbSubnetGroupName", subnetGroupType, "name", "DBSubnetGroupNotFoundFault: DB subnet group '%s' does not exist."),
				rule.By("parameterGroupName", parameterGroupType, "name", "DBParameterGroupNotFound: DBParameterGroup not found: %s"),
				rule.Reference("vpcSecurityGroupIds[]", securityGroupType, "InvalidParameterValue: Invalid security group , groupId= %s"),
			},
			Unique: rule.Unique("DBInstanceAlreadyExists: DB instance %s already exists", "identifier"),
			Check: rule.All(rule.Required("instanceClass", "engine", "allocatedStorage"), checkDatabase,
				rule.Exclusive("identifier", "identifierPrefix"), rule.Exclusive("password", "manageMasterUserPassword"),
				rule.Between("backupRetentionPeriod", 0, 35), checkIdentifier("identifier"), checkIdentifier("identifierPrefix"),
				checkSnapshotName,
				rule.Matches("instanceClass", `^db\.[a-z0-9\-]+\.[a-z0-9]+$`, "is not an instance class")),
			Create: createDatabase,
			Update: updateDatabase,
			Read:   readDatabase,
			Delete: deleteDatabase,
			Serves: &sandbox.Serves{Database: serveDatabase},
		},
	}
}

func checkLowerName(property string) rule.Check {
	return rule.Matches(property, `^[a-z0-9._\- ]{1,255}$`, "only lowercase alphanumeric characters, hyphens, underscores, periods, and spaces allowed")
}

func checkDatabase(in sandbox.Inputs) []sandbox.Problem {
	var problems rule.Problems
	if _, ok := in["username"]; !ok {
		problems.Add("username", "is required")
	}
	if _, ok := in["password"]; !ok && !in.Flag("manageMasterUserPassword") {
		problems.Add("password", "one of password, manageMasterUserPassword is required")
	}
	storage, _ := in.Number("allocatedStorage")
	// As much as is allocated is none (suppressed by the provider).
	if limit, ok := in.Number("maxAllocatedStorage"); ok && limit != 0 && limit < storage {
		problems.Add("maxAllocatedStorage", "%v is not more than the allocated storage of %v GiB", limit, storage)
	}
	if kind, _ := in.Text("storageType"); kind == "gp3" && storage < 20 {
		problems.Add("allocatedStorage", "InvalidParameterCombination: Invalid storage size for engine name postgres and storage type gp3: %v", storage)
	}
	return problems
}

// checkParameterGroupName and the two below are the provider's (internal/service/rds/validate.go
// and instance.go).
func checkParameterGroupName(in sandbox.Inputs) []sandbox.Problem {
	return rule.All(
		rule.Matches("name", `^[a-z0-9.-]*$`, "only lowercase alphanumeric characters, periods, and hyphens allowed"),
		checkHyphens("name"))(in)
}

func checkIdentifier(property string) rule.Check {
	return rule.All(
		rule.Matches(property, `^[a-z0-9-]*$`, "only lowercase alphanumeric characters and hyphens allowed"),
		func(in sandbox.Inputs) []sandbox.Problem {
			problems := checkHyphens(property)(in)
			if name, _ := in.Text(property); strings.HasSuffix(property, "Prefix") && strings.HasSuffix(name, "-") && !strings.Contains(name, "--") {
				return nil
			}
			return problems
		})
}

func checkSnapshotName(in sandbox.Inputs) []sandbox.Problem {
	return rule.All(
		rule.Matches("finalSnapshotIdentifier", `^[0-9A-Za-z-]+$`, "must only contain alphanumeric characters and hyphens"),
		checkHyphens("finalSnapshotIdentifier"))(in)
}

func checkHyphens(property string) rule.Check {
	return func(in sandbox.Inputs) []sandbox.Problem {
		name, ok := in.Text(property)
		switch {
		case !ok || name == "":
			return nil
		case !isLetter(name[:1]):
			return rule.One(property, "%q: first character must be a letter", name)
		case strings.Contains(name, "--"):
			return rule.One(property, "%q cannot contain two consecutive hyphens", name)
		case strings.HasSuffix(name, "-"):
			return rule.One(property, "%q cannot end in a hyphen", name)
		}
		return nil
	}
}

var isLetter = pattern(`^[A-Za-z]$`)

// sameParameter compares parameters as Pulumi does, which drops a change of the method alone:
// RDS would ignore it (pulumi-aws, provider/resources.go).
func sameParameter(old, new any) bool {
	before, _ := old.(map[string]any)
	after, _ := new.(map[string]any)
	return before != nil && after != nil && before["name"] == after["name"] && before["value"] == after["value"]
}

// ignoredStorage are differences that the provider suppresses: storage that RDS has grown
// within its limit, and a limit that is none (internal/service/rds/instance.go).
func ignoredStorage(old, new sandbox.Inputs) (ignored []string) {
	had, _ := old.Number("allocatedStorage")
	wanted, given := new.Number("allocatedStorage")
	before, _ := old.Number("maxAllocatedStorage")
	limit, limited := new.Number("maxAllocatedStorage")
	if given && had > wanted && limit > wanted {
		ignored = append(ignored, "allocatedStorage")
	}
	if limited && before == 0 && limit == wanted {
		ignored = append(ignored, "maxAllocatedStorage")
	}
	return ignored
}
