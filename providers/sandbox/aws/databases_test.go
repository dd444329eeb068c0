package aws

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
		"older engine":       {fields{"engineVersion": "15.4"}, combination + "Cannot upgrade postgres from 15.8 to 15.4"},
		"newer engine":       {fields{"engineVersion": "15.10"}, ""},
		"next major version": {fields{"engineVersion": "16", "parameterGroupName": nil}, combination + "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version (from 15.8 to 16)"},
		"allowed":            {fields{"engineVersion": "16", "parameterGroupName": nil, "allowMajorVersionUpgrade": true}, ""},
		"family":             {fields{"engineVersion": "16", "allowMajorVersionUpgrade": true}, combination + "The parameter group parameters with family postgres15 can't be used for this instance: it has version 16"},
	} {
		database := newWorld(t).of(databaseType)
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
