package aws

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
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
			Defaults: map[string]any{"description": "Managed by Pulumi"}, Outputs: []string{"arn", "tagsAll"},
			Unique: rule.Unique("DBParameterGroupAlreadyExists: Parameter group %s already exists", "name"),
			Check: rule.All(checkLowerName("name"),
				rule.Matches("family", `^postgres(1[2-9]|9\.6)$`, "is not a parameter group family the sandbox knows (postgres12 to postgres19)")),
			Create: named("name", "rds", "pg:"),
		},
		databaseType: {
			Args: shape(rds.InstanceArgs{}), AutoName: "identifier",
			Replace: []string{
				"engine", "identifier", "identifierPrefix", "dbName", "username", "storageEncrypted", "kmsKeyId", "availabilityZone",
				"characterSetName", "snapshotIdentifier", "timezone",
			},
			Outputs: []string{
				"address", "arn", "endpoint", "hostedZoneId", "identifier", "masterUserSecrets", "port", "resourceId", "status",
				"engineVersionActual", "tagsAll",
			},
			References: []sandbox.Reference{
				rule.By("dbSubnetGroupName", subnetGroupType, "name", "DBSubnetGroupNotFoundFault: DB subnet group '%s' does not exist."),
				rule.By("parameterGroupName", parameterGroupType, "name", "DBParameterGroupNotFound: DBParameterGroup not found: %s"),
				rule.Reference("vpcSecurityGroupIds[]", securityGroupType, "InvalidParameterValue: Invalid security group , groupId= %s"),
			},
			Unique: rule.Unique("DBInstanceAlreadyExists: DB instance %s already exists", "identifier"),
			Check: rule.All(rule.Required("instanceClass", "engine", "allocatedStorage"), checkDatabase,
				rule.Exclusive("identifier", "identifierPrefix"), rule.Exclusive("password", "manageMasterUserPassword"),
				rule.Matches("instanceClass", `^db\.[a-z0-9\-]+\.[a-z0-9]+$`, "is not an instance class")),
			Create: createDatabase,
			Update: updateDatabase,
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
	if limit, ok := in.Number("maxAllocatedStorage"); ok && limit <= storage {
		problems.Add("maxAllocatedStorage", "%v is not more than the allocated storage of %v GiB", limit, storage)
	}
	if kind, _ := in.Text("storageType"); kind == "gp3" && storage < 20 {
		problems.Add("allocatedStorage", "InvalidParameterCombination: Invalid storage size for engine name postgres and storage type gp3: %v", storage)
	}
	if _, ok := in.Text("finalSnapshotIdentifier"); !ok && !in.Flag("skipFinalSnapshot") {
		problems.Add("finalSnapshotIdentifier", "is required unless skipFinalSnapshot is true")
	}
	return problems
}

// fitsParameterGroup refuses a parameter group of another version's family.
func fitsParameterGroup(o *sandbox.Operation) error {
	version, _ := o.Inputs.Text("engineVersion")
	for _, group := range o.Cloud.OfType(parameterGroupType) {
		if group.Name() == o.Inputs["parameterGroupName"] && version != "" && group.String("family") != "postgres"+majorVersion(version) {
			return fmt.Errorf("InvalidParameterCombination: The parameter group %s with family %s can't be used for this instance: it has version %s",
				group.Name(), group.String("family"), version)
		}
	}
	return nil
}

func createDatabase(o *sandbox.Operation) error {
	if err := fitsParameterGroup(o); err != nil {
		return err
	}
	name, err := nameOf(o, "identifier")
	if err != nil {
		return err
	}
	o.ID = "db-" + strings.ToUpper(sandbox.Digest(26, o.Account, o.Region, name))
	o.Outputs["identifier"], o.Outputs["resourceId"], o.Outputs["status"] = name, o.ID, "available"
	o.Outputs["arn"] = arn(o, "rds", "db:"+name)
	address := fmt.Sprintf("%s.%s.%s.rds.amazonaws.com", name, sandbox.Digest(12, o.Account, o.Region), o.Region)
	o.Outputs["address"], o.Outputs["endpoint"], o.Outputs["port"] = address, address+":5432", 5432.0
	o.Outputs["engineVersionActual"] = o.Inputs["engineVersion"]
	if !o.Inputs.Flag("manageMasterUserPassword") {
		return nil
	}
	// RDS keeps the master password in a secret of its own.
	username, _ := o.Inputs.Text("username")
	value, err := json.Marshal(map[string]string{
		"username": username, "password": sandbox.Digest(32, "master password", o.Account, o.ID),
	})
	if err != nil {
		return err
	}
	secret := newSecret(o.Account, o.Region, fmt.Sprintf("rds!%s", strings.ToLower(o.ID)), string(value), nil)
	o.Outputs["masterUserSecrets"] = []any{map[string]any{
		"secretArn": secret.String("arn"), "secretStatus": "active", "kmsKeyId": "alias/aws/secretsmanager",
	}}
	return o.Cloud.Put(secret)
}

// updateDatabase refuses what RDS does: less storage, an older engine, a newer major
// version unless that is allowed.
func updateDatabase(o *sandbox.Operation) error {
	before, _ := sandbox.Inputs(o.Old.Inputs).Number("allocatedStorage")
	after, _ := o.Inputs.Number("allocatedStorage")
	switch {
	case after < before:
		return fmt.Errorf("InvalidParameterCombination: The allocated storage size can't be less than the current size: %v GiB is less than %v GiB of %s", after, before, o.Old.String("identifier"))
	case after > before && after*10 < before*11: // in whole numbers: 100 may grow to 110
		return fmt.Errorf("InvalidParameterCombination: Invalid storage size %v GiB of %s: storage must grow by at least 10 percent, from %v GiB", after, o.Old.String("identifier"), before)
	}
	version, given := o.Inputs.Text("engineVersion")
	old := o.Old.String("engineVersionActual")
	if !given || old == "" || version == old {
		return nil
	}
	switch order := compareVersions(version, old); {
	case order < 0:
		return fmt.Errorf("InvalidParameterCombination: Cannot upgrade %v from %s to %s", o.Inputs["engine"], old, version)
	case majorVersion(version) != majorVersion(old) && !o.Inputs.Flag("allowMajorVersionUpgrade"):
		return fmt.Errorf("InvalidParameterCombination: The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version (from %s to %s)", old, version)
	}
	if err := fitsParameterGroup(o); err != nil {
		return err
	}
	o.Outputs["engineVersionActual"] = version
	return nil
}

func majorVersion(version string) string {
	major, _, _ := strings.Cut(version, ".")
	return major
}

// compareVersions orders versions by the numbers that both have.
func compareVersions(a, b string) int {
	left, right := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(left), len(right)) {
		x, _ := strconv.Atoi(left[i])
		y, _ := strconv.Atoi(right[i])
		if x != y {
			return cmp.Compare(x, y)
		}
	}
	return 0
}

func deleteDatabase(o *sandbox.Operation) error {
	if sandbox.Inputs(o.Old.Inputs).Flag("deletionProtection") {
		return fmt.Errorf("InvalidParameterCombination: Cannot delete protected DB Instance %s, please disable deletion protection and try again", o.Old.Name())
	}
	for _, secret := range o.Cloud.OfType(secretType) {
		if secret.Name() == "rds!"+strings.ToLower(o.ID) && secret.Account == o.Account {
			return o.Cloud.Remove(secret.Key())
		}
	}
	return nil
}
