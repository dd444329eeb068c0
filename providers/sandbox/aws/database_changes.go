package aws

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ptd-go/ptd/providers/sandbox"
)

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
	o.Outputs["resourceId"], o.Outputs["status"], o.Outputs["port"] = o.ID, "available", 5432.0
	nameDatabase(o, name)
	o.Outputs["engineVersionActual"] = o.Inputs["engineVersion"]
	if _, given := o.Inputs["multiAz"]; !given {
		o.Outputs["multiAz"] = false
	}
	if _, given := o.Inputs["maintenanceWindow"]; !given {
		o.Outputs["maintenanceWindow"] = "sun:05:00-sun:05:30"
	}
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

// nameDatabase gives an instance what goes with its identifier.
func nameDatabase(o *sandbox.Operation, name string) {
	o.Outputs["identifier"], o.Outputs["arn"] = name, arn(o, "rds", "db:"+name)
	address := fmt.Sprintf("%s.%s.%s.rds.amazonaws.com", name, sandbox.Digest(12, o.Account, o.Region), o.Region)
	o.Outputs["address"], o.Outputs["endpoint"] = address, address+":5432"
}

// waiting are the settings that RDS changes in the maintenance window, unless it is told to at
// once. Until then the output of the name says what is in force, which a person takes out of
// the document when the window comes. A version waits, too: its output is engineVersionActual.
// (docs/reference/aws-replacement.md part 2)
var waiting = []string{"instanceClass", "multiAz", "allocatedStorage"}

// updateDatabase refuses what RDS does, and lets wait what waits for the maintenance window.
func updateDatabase(o *sandbox.Operation) error {
	if err := moveDatabase(o); err != nil {
		return err
	}
	if err := growDatabase(o); err != nil {
		return err
	}
	atOnce := o.Inputs.Flag("applyImmediately")
	for _, name := range waiting {
		inForce, wanted := o.Old.Get(name), o.Inputs[name]
		if delete(o.Outputs, name); !atOnce && inForce != nil && wanted != inForce {
			o.Outputs[name] = inForce
		}
	}
	if name, given := o.Inputs.Text("identifier"); given && name != o.Old.String("identifier") {
		nameDatabase(o, name)
	}
	version, given := o.Inputs.Text("engineVersion")
	old := o.Old.String("engineVersionActual")
	if !given || old == "" || version == o.Old.Inputs["engineVersion"] && version == o.Seen["engineVersion"] && !atOnce || strings.HasPrefix(old+".", version+".") {
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
	if atOnce {
		o.Outputs["engineVersionActual"] = version
	}
	return nil
}

// moveDatabase refuses another subnet group of the VPC that an instance is in.
func moveDatabase(o *sandbox.Operation) error {
	network := func(group any) string {
		for _, object := range o.Cloud.OfType(subnetGroupType) {
			if ids, _ := object.Get("subnetIds").([]any); object.Account == o.Account && object.Name() == group && len(ids) > 0 {
				if subnet := o.Object(subnetType, fmt.Sprint(ids[0])); subnet != nil {
					return subnet.String("vpcId")
				}
			}
		}
		return ""
	}
	old, new := o.Old.Get("dbSubnetGroupName"), o.Inputs["dbSubnetGroupName"]
	if old == nil || old == new || network(old) != network(new) {
		return nil
	}
	//lint:ignore ST1005 RDS' words
	return fmt.Errorf("InvalidVPCNetworkStateFault: You cannot move DB instance %s to subnet group %v. The specified DB subnet group and DB instance are in the same VPC. Choose a DB subnet group in different VPC than the specified DB instance and try again.",
		o.Old.String("identifier"), new)
}

// growDatabase refuses less storage, and little more of it.
func growDatabase(o *sandbox.Operation) error {
	before, _ := o.Old.Get("allocatedStorage").(float64)
	if pending, ok := sandbox.Inputs(o.Old.Inputs).Number("allocatedStorage"); ok && pending > before {
		before = pending
	}
	after, _ := o.Inputs.Number("allocatedStorage")
	switch {
	case after < before:
		return fmt.Errorf("InvalidParameterCombination: The allocated storage size can't be less than the current size: %v GiB is less than %v GiB of %s", after, before, o.Old.String("identifier"))
	case after > before && after*10 < before*11: // in whole numbers: 100 may grow to 110
		return fmt.Errorf("InvalidParameterCombination: Invalid storage size %v GiB of %s: storage must grow by at least 10 percent, from %v GiB", after, o.Old.String("identifier"), before)
	}
	return nil
}

// readDatabase reads the version: the one that is wanted, also while it waits and where it is
// only the beginning of what runs, but not when RDS has upgraded beyond it by itself.
func readDatabase(o *sandbox.Operation) error {
	wanted, given := o.Inputs.Text("engineVersion")
	runs, _ := o.Outputs["engineVersionActual"].(string)
	if runs != "" && (!given || compareVersions(runs, wanted) > 0) {
		o.Outputs["engineVersion"] = runs
	}
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

// snapshotType is that of snapshots, which outlive their instance. No program makes them.
const snapshotType = "aws:rds/snapshot:Snapshot"

func deleteDatabase(o *sandbox.Operation) error {
	instance := sandbox.Inputs(o.Old.Inputs)
	if instance.Flag("deletionProtection") {
		return fmt.Errorf("InvalidParameterCombination: Cannot delete protected DB Instance %s, please disable deletion protection and try again", o.Old.String("identifier"))
	}
	// Whether there is a last snapshot, and its name, is what the state says: RDS knows neither.
	if !o.Inputs.Flag("skipFinalSnapshot") {
		name, _ := o.Inputs.Text("finalSnapshotIdentifier")
		snapshot := &sandbox.Object{
			Provider: "aws", Type: snapshotType, ID: name, Account: o.Account, Region: o.Region,
			Inputs: map[string]any{"dbInstanceIdentifier": o.Old.String("identifier"), "dbSnapshotIdentifier": name},
		}
		switch {
		case name == "":
			return errors.New("final_snapshot_identifier is required when skip_final_snapshot is false")
		case o.Cloud.Object(snapshot.Key()) != nil:
			//lint:ignore ST1005 RDS' words
			return fmt.Errorf("DBSnapshotAlreadyExists: Cannot create the snapshot because a snapshot with the identifier %s already exists.", name)
		}
		if err := o.Cloud.Put(snapshot); err != nil {
			return err
		}
	}
	for _, secret := range o.Cloud.OfType(secretType) {
		if secret.Name() == "rds!"+strings.ToLower(o.ID) && secret.Account == o.Account {
			return o.Cloud.Remove(secret.Key())
		}
	}
	return nil
}
