package aws

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

const databaseType = "aws:rds/instance:Instance"

func makeDatabase(change func(*DatabaseArgs)) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		args := &DatabaseArgs{
			Network: testNetwork(), EngineVersion: "15.12", Protect: true,
			Tags: map[string]string{"posit.team/managed-by": "test"},
		}
		change(args)
		_, err := NewDatabase(ctx, "demo01-staging", args)
		return err
	}
}

// defaultDatabase are the inputs of an instance nobody has chosen anything for.
func defaultDatabase() map[string]any {
	return map[string]any{
		"engine": "postgres", "engineVersion": "15.12", "instanceClass": "db.t3.small",
		"allocatedStorage": 100.0, "storageType": "gp3", "storageEncrypted": true,
		"dbName": "postgres", "username": "postgres", "manageMasterUserPassword": true,
		"backupRetentionPeriod": 7.0, "copyTagsToSnapshot": true,
		"finalSnapshotIdentifier": "demo01-staging-final-snapshot", "skipFinalSnapshot": false,
		"deletionProtection": false, "performanceInsightsEnabled": false, "multiAz": false,
		"enabledCloudwatchLogsExports": []any{"postgresql", "upgrade"},
		"identifierPrefix":             "demo01-staging-",
		"dbSubnetGroupName":            "demo01-staging-main-database-subnet-group-0123456",
		"parameterGroupName":           "postgres15", // what the mock calls it
		"vpcSecurityGroupIds":          []any{"securitygroup/demo01-staging-allow-postgresql-traffic-vpc"},
		"tags":                         map[string]any{"posit.team/managed-by": "test", "Name": "demo01-staging"},
	}
}

func TestDatabase(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		database, err := NewDatabase(ctx, "demo01-staging", &DatabaseArgs{
			Network: testNetwork(), EngineVersion: "15.12", Protect: true,
			Tags: map[string]string{"posit.team/managed-by": "test"},
		})
		if err != nil {
			return err
		}
		componenttest.WantOutputs(ctx, t, map[string]any{
			"identifier": "demo01-staging-0123456",
			"address":    "demo01-staging-0123456.db.example",
			"url":        "postgres://demo01-staging-0123456.db.example/postgres?sslmode=require",
			"secret":     "arn:aws:secretsmanager:us-east-2:123456789012:secret:rds!demo01-staging-0123456",
			"group":      "securitygroup/demo01-staging-allow-postgresql-traffic-vpc",
		}, map[string]pulumi.Output{
			"identifier": database.Identifier, "address": database.Address, "url": database.URL,
			"secret": database.MasterUserSecretARN, "group": database.SecurityGroupID,
		})
		return nil
	})
	r.Golden(t, "database")
	r.Find(t, databaseType, "demo01-staging").Exactly(t, defaultDatabase())

	named := func(name string) map[string]any {
		return map[string]any{"posit.team/managed-by": "test", "Name": name}
	}
	r.Find(t, groupType, "demo01-staging-allow-postgresql-traffic-vpc").Exactly(t, map[string]any{
		"description": "Allow PostgreSQL traffic from VPC for demo01-staging", "vpcId": "vpc-1",
		"ingress": []any{map[string]any{
			"description": "Allow PostgreSQL traffic on port 5432", "protocol": "tcp", "fromPort": 5432.0, "toPort": 5432.0,
			"cidrBlocks": []any{"10.10.0.0/16"},
		}},
		"egress": []any{map[string]any{"protocol": "-1", "fromPort": 0.0, "toPort": 0.0, "cidrBlocks": []any{"10.10.0.0/16"}}},
		"tags":   named("demo01-staging-allow-postgresql-traffic-vpc"),
	})
	r.Find(t, "aws:rds/subnetGroup:SubnetGroup", "demo01-staging-main-database-subnet-group").Exactly(t, map[string]any{
		"subnetIds": []any{"subnet-a", "subnet-b"}, "tags": named("demo01-staging-main-database-subnet-group"),
		"description": "Managed by Pulumi",
	})
	r.Find(t, parameterGroupType, "demo01-staging-main-database-parameter-group").Exactly(t, map[string]any{
		"family": "postgres15", "description": "Managed by Pulumi",
		"parameters": []any{
			map[string]any{"name": "auto_explain.log_min_duration", "value": "5000"},
			map[string]any{"name": "log_min_duration_statement", "value": "1500"},
			map[string]any{"name": "log_lock_waits", "value": "1"},
		},
	})
}

const parameterGroupType = "aws:rds/parameterGroup:ParameterGroup"

func TestDatabaseOptions(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeDatabase(func(a *DatabaseArgs) {
		a.Identifier = "demo01-staging-20240101"
		a.EngineVersion, a.InstanceClass = "16", "db.m6g.large"
		a.AllocatedStorage, a.MaxAllocatedStorage, a.BackupRetentionDays = 200, 400, 14
		a.LogExports = []string{}
		a.MultiAZ, a.PerformanceInsightsEnabled, a.DeletionProtection, a.SkipFinalSnapshot = true, true, true, true
		a.Protect = false
	}))
	want := defaultDatabase()
	delete(want, "identifierPrefix")
	for key, value := range map[string]any{
		"identifier": "demo01-staging-20240101", "engineVersion": "16", "parameterGroupName": "postgres16", "instanceClass": "db.m6g.large",
		"allocatedStorage": 200.0, "maxAllocatedStorage": 400.0, "backupRetentionPeriod": 14.0,
		"enabledCloudwatchLogsExports": []any{}, "multiAz": true, "performanceInsightsEnabled": true,
		"deletionProtection": true, "skipFinalSnapshot": true,
	} {
		want[key] = value
	}
	instance := r.Find(t, databaseType, "demo01-staging")
	instance.Exactly(t, want)
	if instance.Protect || len(instance.Ignore) > 0 {
		t.Errorf("protect is %v, ignored changes are %v", instance.Protect, instance.Ignore)
	}
}

func TestDatabaseParameters(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]struct {
		family    string
		forcesTLS bool
	}{
		"14.9": {"postgres14", true}, "15.12": {"postgres15", false}, "16": {"postgres16", false}, "17.2.1": {"postgres17", false},
	} {
		r := componenttest.Run(t, makeDatabase(func(a *DatabaseArgs) { a.EngineVersion = version }))
		group := r.Find(t, parameterGroupType, "demo01-staging-main-database-parameter-group").Args()
		if group["family"] != want.family {
			t.Errorf("family for %s is %v, want %s", version, group["family"], want.family)
		}
		forces := slices.ContainsFunc(group["parameters"].([]any), func(p any) bool {
			return assert.ObjectsAreEqual(p, map[string]any{"name": "rds.force_ssl", "value": "1"})
		})
		if forces != want.forcesTLS {
			t.Errorf("parameters for %s: force TLS is %v, want %v", version, forces, want.forcesTLS)
		}
	}
	r := componenttest.Run(t, makeDatabase(func(a *DatabaseArgs) { a.ParameterGroupFamily = "postgres16" }))
	r.Find(t, parameterGroupType, "demo01-staging-main-database-parameter-group").Want(t, map[string]any{"family": "postgres16"})
}

func TestDatabaseExtraParameters(t *testing.T) {
	t.Parallel()
	r := componenttest.Run(t, makeDatabase(func(a *DatabaseArgs) {
		a.ExtraParameters = []DatabaseParameter{
			{Name: "max_connections", Value: "500", AfterReboot: true},
			{Name: "log_min_duration_statement", Value: "-1"},
		}
	}))
	r.Find(t, parameterGroupType, "demo01-staging-main-database-parameter-group").Want(t, map[string]any{
		"parameters": []any{
			map[string]any{"name": "auto_explain.log_min_duration", "value": "5000"},
			map[string]any{"name": "log_lock_waits", "value": "1"},
			map[string]any{"name": "max_connections", "value": "500", "applyMethod": "pending-reboot"},
			map[string]any{"name": "log_min_duration_statement", "value": "-1"},
		},
	})
}

func TestDatabasePreview(t *testing.T) {
	t.Parallel()
	componenttest.SamePreview(t, makeDatabase(func(*DatabaseArgs) {}))
	r := componenttest.New()
	r.Preview = true
	err := r.Exec(func(ctx *pulumi.Context) error {
		database, err := NewDatabase(ctx, "demo01-staging", &DatabaseArgs{Network: testNetwork(), EngineVersion: "16.4"})
		if err != nil {
			return err
		}
		componenttest.WantOutputs(ctx, t, map[string]any{"url": nil, "secret": nil, "address": nil}, map[string]pulumi.Output{
			"url": database.URL, "secret": database.MasterUserSecretARN, "address": database.Address,
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDatabaseErrors(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "work_mem"} {
		componenttest.Fails(t, makeDatabase(func(a *DatabaseArgs) {
			a.ExtraParameters = []DatabaseParameter{{Name: "work_mem", Value: "8192"}, {Name: name, Value: "1"}}
		}), fmt.Sprintf("database demo01-staging: extra parameter %q has no name or that of another", name))
	}
	componenttest.Fails(t, makeDatabase(func(a *DatabaseArgs) { a.Network = Network{} }), "database demo01-staging: a network is required")
	for _, version := range []string{"", "latest", "15.", "0.1", "15.12 "} {
		componenttest.Fails(t, makeDatabase(func(a *DatabaseArgs) { a.EngineVersion = version }),
			fmt.Sprintf("database demo01-staging: engine version %q is not a version of PostgreSQL", version))
	}
}

func ExampleNewDatabase() {
	program := func(ctx *pulumi.Context) error {
		vpc, err := NewVpc(ctx, "demo01-staging", &VpcArgs{
			CIDR:                "10.37.0.0/16",
			AvailabilityZoneIDs: pulumi.ToStringArray([]string{"use2-az1", "use2-az2"}),
			ZoneCount:           2,
		})
		if err != nil {
			return err
		}
		database, err := NewDatabase(ctx, "demo01-staging", &DatabaseArgs{
			Network:             vpc.Network(),
			EngineVersion:       "16.4",
			AllocatedStorage:    100,
			MaxAllocatedStorage: 400,
			Protect:             true,
		})
		if err != nil {
			return err
		}
		ctx.Export("db_address", database.Address)
		ctx.Export("db_secret_arn", database.MasterUserSecretARN)
		return nil
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, instance := range mocks.All(databaseType) {
		fmt.Println(instance.Name, instance.Args()["engineVersion"], instance.Protect)
	}
	// Output: demo01-staging 16.4 true
}
