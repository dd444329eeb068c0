package aws

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	awsedge "github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/sandbox/postgresql"
	"github.com/ptd-go/ptd/providers/sandbox/sandboxtest"
)

func TestSubnetGroupsCoverZones(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Refuses(subnetGroupType, "narrow", fields{"name": "narrow", "subnetIds": several(w.id("subnet a"))},
		"DBSubnetGroupDoesNotCoverEnoughAZs: The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement: its subnets cover 1, at least 2 are needed")
}

func TestDatabaseChanges(t *testing.T) {
	t.Parallel()
	const combination = "InvalidParameterCombination: "
	for name, test := range map[string]struct {
		changes fields
		want    string
	}{
		"less storage":       {fields{"allocatedStorage": 50.0}, combination + "The allocated storage size can't be less than the current size: 50 GiB is less than 100 GiB of database"},
		"little storage":     {fields{"allocatedStorage": 109.0}, combination + "Invalid storage size 109 GiB of database: storage must grow by at least 10 percent, from 100 GiB"},
		"more storage":       {fields{"allocatedStorage": 110.0}, ""},
		"storage within it":  {fields{"allocatedStorage": 50.0, "maxAllocatedStorage": 200.0}, ""},
		"older engine":       {fields{"engineVersion": "15.4"}, combination + "Cannot upgrade postgres from 15.8 to 15.4"},
		"newer engine":       {fields{"engineVersion": "15.10", "applyImmediately": true}, ""},
		"next major version": {fields{"engineVersion": "16", "parameterGroupName": "sixteen"}, combination + "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version (from 15.8 to 16)"},
		"allowed":            {fields{"engineVersion": "16", "parameterGroupName": "sixteen", "allowMajorVersionUpgrade": true, "applyImmediately": true}, ""},
		"no group named":     {fields{"engineVersion": "16", "parameterGroupName": nil, "allowMajorVersionUpgrade": true}, combination + "The parameter group parameters with family postgres15 can't be used for this instance: it has version 16"},
		"family":             {fields{"engineVersion": "16", "allowMajorVersionUpgrade": true}, combination + "The parameter group parameters with family postgres15 can't be used for this instance: it has version 16"},
	} {
		w := newWorld(t)
		w.MustCreate(parameterGroupType, "sixteen", fields{"name": "sixteen", "family": "postgres16"})
		database := w.of(databaseType)
		err := database.Update(test.changes)
		if test.want != "" {
			assert.EqualError(t, err, test.want, name)
			continue
		}
		require.NoError(t, err, name)
		if version := test.changes["engineVersion"]; version != nil {
			assert.Equal(t, version, database.State["engineVersionActual"])
		}
	}
	w := newWorld(t)
	w.Refuses(databaseType, "new", w.of(databaseType).Changed(fields{"identifier": "new", "engineVersion": "16.1"}),
		combination+"The parameter group parameters with family postgres15 can't be used for this instance: it has version 16.1")
}

// TestDatabaseChangesWait makes sure that a change which only the maintenance window makes is
// planned again until then, but not for who says what is in force.
func TestDatabaseChangesWait(t *testing.T) {
	t.Parallel()
	for property, test := range map[string]struct{ before, wanted any }{
		"instanceClass": {"db.m5.large", "db.m5.xlarge"}, "multiAz": {false, true}, "allocatedStorage": {100.0, 200.0},
	} {
		w := newWorld(t)
		database := w.of(databaseType)
		database.MustUpdate(fields{"multiAz": false})
		database.MustUpdate(fields{property: test.wanted})
		assert.Equal(t, test.before, database.State[property], "state has what is in force")
		changed, _ := database.Diff(nil)
		assert.Equal(t, []string{property}, changed, "planned again")
		changed, _ = database.Diff(fields{property: test.before})
		assert.Empty(t, changed, "what is in force is no change")

		database.MustUpdate(fields{property: test.before, "deletionProtection": true})
		changed, _ = database.Diff(fields{property: test.wanted})
		assert.Equal(t, []string{property}, changed, "what is not sent waits on")
		w.change(t, database, fields{property: test.wanted}) // the window comes
		database.Refresh()
		assert.Equal(t, test.wanted, database.State[property])
		assert.Equal(t, test.wanted, database.Inputs[property])

		database.MustUpdate(fields{property: test.wanted, "applyImmediately": true})
		changed, _ = database.Diff(nil)
		assert.Empty(t, changed)
	}
}

// TestDatabaseVersions makes sure that a version waits without being planned again, that RDS'
// own upgrades show after a refresh, and that a short version stays what it is.
func TestDatabaseVersions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	database := w.of(databaseType)
	database.MustUpdate(fields{"engineVersion": "15.10"})
	assert.Equal(t, []any{"15.10", "15.8"}, []any{database.State["engineVersion"], database.State["engineVersionActual"]})
	changed, _ := database.Diff(nil)
	assert.Empty(t, changed, "a pending version is kept as wanted")

	w.change(t, database, fields{"engineVersionActual": "15.12"})
	database.MustUpdate(fields{"deletionProtection": false, "backupRetentionPeriod": 3.0})
	database.Refresh()
	assert.Equal(t, "15.12", database.State["engineVersion"])
	changed, _ = database.Diff(fields{"engineVersion": "15.10"})
	assert.Equal(t, []string{"engineVersion"}, changed)
	assert.EqualError(t, database.Update(fields{"engineVersion": "15.10"}), "InvalidParameterCombination: Cannot upgrade postgres from 15.12 to 15.10")

	short := w.MustCreate(databaseType, "short", database.Changed(fields{"identifier": "short", "engineVersion": "15"}))
	w.change(t, short, fields{"engineVersionActual": "15.12"})
	short.Refresh()
	changed, _ = short.Diff(fields{"engineVersion": "15"})
	assert.Empty(t, changed)
}

// TestDatabaseRenamed makes sure that another identifier keeps the data.
func TestDatabaseRenamed(t *testing.T) {
	t.Parallel()
	database := newWorld(t).of(databaseType)
	id, address := database.ID, database.Text("address")
	changed, replacing := database.Diff(fields{"identifier": "renamed"})
	assert.Equal(t, []string{"identifier"}, changed)
	assert.Empty(t, replacing)
	database.MustUpdate(fields{"identifier": "renamed"})
	assert.Equal(t, id, database.ID)
	assert.NotEqual(t, address, database.Text("address"))
	assert.Contains(t, database.Text("endpoint"), "renamed.")
	changed, _ = database.Diff(fields{"identifier": nil, "identifierPrefix": "other-"})
	assert.Equal(t, []string{"identifierPrefix"}, changed, "a prefix alone renames nothing, and replaces nothing")
}

func TestDatabaseStorageLimit(t *testing.T) {
	t.Parallel()
	database := newWorld(t).of(databaseType)
	changed, _ := database.Diff(fields{"maxAllocatedStorage": 100.0})
	assert.Empty(t, changed, "as much as is allocated is no limit")
	changed, _ = database.Diff(fields{"maxAllocatedStorage": 200.0})
	assert.Equal(t, []string{"maxAllocatedStorage"}, changed)
	changed, _ = database.Diff(fields{"allocatedStorage": 60.0, "maxAllocatedStorage": 200.0})
	assert.Equal(t, []string{"maxAllocatedStorage"}, changed, "less storage is none of the differences within a limit")
	changed, _ = database.Diff(fields{"allocatedStorage": 60.0})
	assert.Equal(t, []string{"allocatedStorage"}, changed)
}

func TestDatabaseStaysInItsNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.MustCreate(subnetGroupType, "second", fields{"name": "second", "subnetIds": several(w.id("subnet b"), w.id("subnet a"))})
	assert.EqualError(t, w.of(databaseType).Update(fields{"dbSubnetGroupName": "second"}),
		"InvalidVPCNetworkStateFault: You cannot move DB instance database to subnet group second. The specified DB subnet group and DB instance "+
			"are in the same VPC. Choose a DB subnet group in different VPC than the specified DB instance and try again.")
}

func TestFinalSnapshots(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	database := w.of(databaseType)
	database.MustUpdate(fields{"skipFinalSnapshot": false})
	database.Stays("final_snapshot_identifier is required when skip_final_snapshot is false")
	database.MustUpdate(fields{"finalSnapshotIdentifier": "last"})
	again := database.Inputs
	database.MustDelete()
	second := w.MustCreate(databaseType, "second", again)
	second.Stays("DBSnapshotAlreadyExists: Cannot create the snapshot because a snapshot with the identifier last already exists.")
	second.MustUpdate(fields{"finalSnapshotIdentifier": "last-2"})
	second.MustDelete()
}

func TestDatabaseCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account, err := Accounts(w.cloud).Account(context.Background(), anyAccount, "us-east-2")
	require.NoError(t, err)
	_, err = account.Databases().Database(context.Background(), "absent")
	require.ErrorIs(t, err, awsedge.ErrNotFound)
	w.of(databaseType).MustUpdate(fields{"instanceClass": "db.m5.xlarge", "allocatedStorage": 200.0, "multiAz": true, "engineVersion": "15.10"})
	found, err := account.Databases().Database(context.Background(), "database")
	require.NoError(t, err)
	no, yes := false, true
	assert.Equal(t, awsedge.Database{
		InForce:           awsedge.DatabaseSettings{EngineVersion: "15.8", InstanceClass: "db.m5.large", AllocatedStorage: 100, MultiAZ: &no},
		Pending:           awsedge.DatabaseSettings{EngineVersion: "15.10", InstanceClass: "db.m5.xlarge", AllocatedStorage: 200, MultiAZ: &yes},
		MaintenanceWindow: "sun:05:00-sun:05:30",
	}, found)
}

// TestParameterMethods makes sure that a change of the method alone, or of the order, is none.
func TestParameterMethods(t *testing.T) {
	t.Parallel()
	parameter := func(name, value, method string) fields {
		return fields{"name": name, "value": value, "applyMethod": method}
	}
	w := newWorld(t)
	group := w.MustCreate(parameterGroupType, "main", fields{"family": "postgres15", "parameters": several(parameter("a", "1", "immediate"), parameter("b", "1", "immediate"))})
	changed, _ := group.Diff(fields{"parameters": several(parameter("b", "1", "immediate"), parameter("a", "1", "pending-reboot"))})
	assert.Empty(t, changed)
	changed, replacing := group.Diff(fields{"parameters": several(parameter("a", "2", "immediate"), parameter("b", "1", "immediate"))})
	assert.Equal(t, []string{"parameters"}, changed)
	assert.Empty(t, replacing)
}

func TestDatabaseDeletion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	database := w.of(databaseType)
	secret := database.State["masterUserSecrets"].([]any)[0].(fields)["secretArn"].(string)
	database.MustUpdate(fields{"deletionProtection": true})
	database.Stays("InvalidParameterCombination: Cannot delete protected DB Instance database, please disable deletion protection and try again")
	database.MustUpdate(fields{"deletionProtection": false})
	inputs, _, err := w.Known(secretType, "", secret).Read()
	require.NoError(t, err)
	require.NotNil(t, inputs, "RDS made a secret")
	database.MustDelete()
	inputs, _, err = w.Known(secretType, "", secret).Read()
	require.NoError(t, err)
	assert.Nil(t, inputs, "the secret goes with the instance")
}

// TestDatabaseServes connects to an instance as PostgreSQL's provider does.
func TestDatabaseServes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	address := w.of(databaseType).Text("address")
	connection := func(changes fields) *sandboxtest.Provider {
		all := fields{"host": address, "username": "postgres", "password": masterSecret(t, w)}
		for property, value := range changes {
			all[property] = value
		}
		return sandboxtest.New(t, postgresql.New(w.cloud), all)
	}
	const role, extension = "postgresql:index/role:Role", "postgresql:index/extension:Extension"
	connection(nil).MustCreate(role, "main", fields{"name": "main"})
	connection(fields{"password": "wrong"}).Refuses(role, "main", fields{"name": "other"},
		"error connecting to PostgreSQL server "+address+`: pq: password authentication failed for user "postgres"`)
	connection(fields{"username": "main"}).Refuses(role, "main", fields{"name": "other"},
		"error connecting to PostgreSQL server "+address+`: pq: password authentication failed for user "main"`)
	connection(fields{"host": "nowhere"}).Refuses(role, "main", fields{"name": "other"},
		"error connecting to PostgreSQL server nowhere: dial tcp: lookup nowhere: no such host")

	connection(nil).MustCreate("postgresql:index/grantRole:GrantRole", "main", fields{"role": "main", "grantRole": "rds_superuser"})
	connection(nil).MustCreate(extension, "main", fields{"name": "aws_s3", "database": "rdsadmin"})
	connection(nil).Refuses(extension, "other", fields{"name": "azure_ai"}, `name: extension "azure_ai" is not available: could not open extension control file`)
}

func TestMasterSecretIsNeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	database := w.of(databaseType)
	arn := database.State["masterUserSecrets"].([]any)[0].(fields)["secretArn"].(string)
	password := func() error {
		return w.cloud.Do(func() error {
			_, err := w.cloud.Database(database.Text("address")).Password()
			return err
		})
	}
	secret := w.Known(secretType, "master", arn)
	w.change(t, secret, fields{"secretString": "{"})
	assert.EqualError(t, password(), "the master secret of database is damaged: unexpected end of JSON input")
	secret.MustDelete()
	assert.EqualError(t, password(), "the master secret of database is gone")
}

// masterSecret reads the password that RDS made.
func masterSecret(t *testing.T, w *world) string {
	t.Helper()
	var password string
	require.NoError(t, w.cloud.Do(func() (err error) {
		password, err = w.cloud.Database(w.of(databaseType).Text("address")).Password()
		return err
	}))
	require.NotEmpty(t, password)
	return password
}
