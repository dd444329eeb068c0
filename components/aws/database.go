package aws

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components"
)

// What a Database is like unless its DatabaseArgs say otherwise.
const (
	DefaultDatabaseInstanceClass = "db.t3.small"
	DefaultDatabaseStorage       = 100 // GiB
	DefaultDatabaseBackupDays    = 7
)

// DatabaseArgs says what a Database is like. Network and EngineVersion are required.
type DatabaseArgs struct {
	// Network has at least two private subnets, in different zones.
	Network Network
	// Identifier is that of an instance which is there already, from the outputs of
	// the run that made it; "" makes one with a generated identifier. Once known it
	// must be given: the generated one comes from a prefix that the provider cannot
	// read back, and newer ones refuse what it reads instead.
	Identifier string
	// EngineVersion is a version of PostgreSQL: "15.12", "16", or of extended support
	// "12.22-rds.20250220".
	EngineVersion string
	// ParameterGroupFamily goes with EngineVersion; "postgres15" for 15.12 if "".
	ParameterGroupFamily string
	// ExtraParameters are settings besides those that NewDatabase makes; one of the
	// same name takes the place of its.
	ExtraParameters []DatabaseParameter
	// AllowMajorVersionUpgrade lets a new major version of EngineVersion take effect,
	// which it then does at once: its parameter group cannot wait for the maintenance
	// window. The server restarts.
	AllowMajorVersionUpgrade bool
	// InstanceClass is DefaultDatabaseInstanceClass if "".
	InstanceClass string
	// AllocatedStorage is in GiB, DefaultDatabaseStorage if 0. MaxAllocatedStorage, in
	// GiB too, is how far it may grow by itself; 0 is not at all.
	AllocatedStorage, MaxAllocatedStorage int
	// BackupRetentionDays is for how long there are backups, at most 35;
	// DefaultDatabaseBackupDays if 0.
	BackupRetentionDays int
	// LogExports are the logs that go to CloudWatch; postgresql and upgrade if nil,
	// none if empty.
	LogExports []string
	// MultiAZ keeps a standby in another zone.
	MultiAZ                    bool
	PerformanceInsightsEnabled bool
	// FinalSnapshot is the name of the last snapshot, {cn}-final-snapshot if "". A snapshot
	// outlives its instance, and its name is then taken.
	FinalSnapshot string
	// DeletionProtection makes AWS refuse to delete the instance, Protect makes Pulumi
	// refuse to. SkipFinalSnapshot deletes it without a last snapshot.
	DeletionProtection, Protect, SkipFinalSnapshot bool
	Tags                                           map[string]string
}

// DatabaseParameter is a setting of a PostgreSQL server, in the unit of its parameter.
type DatabaseParameter struct {
	Name, Value string
	// AfterReboot is for what the server reads only when it starts, such as
	// max_connections: RDS refuses to change that at once. The old value holds until
	// somebody reboots the instance.
	AfterReboot bool
}

// Database is a PostgreSQL server on RDS in the private subnets, which the network
// reaches. Storage is encrypted. The master user's password is made, kept and rotated
// by RDS in a secret of its own.
type Database struct {
	pulumi.ResourceState

	Identifier pulumi.StringOutput `pulumi:"identifier"`
	Address    pulumi.StringOutput `pulumi:"address"` // host name
	// MasterUserSecretARN is the secret with the keys username and password.
	MasterUserSecretARN pulumi.StringOutput `pulumi:"masterUserSecretArn"`
	// URL is that of the maintenance database, without user and password.
	URL             pulumi.StringOutput `pulumi:"url"`
	SecurityGroupID pulumi.StringOutput `pulumi:"securityGroupId"`
}

// NewDatabase makes a Database named after name, {cn} in the sheets.
//
// From version 15 on RDS takes encrypted connections only unless told otherwise; for
// older ones the parameter group says so. The security group lets the server out into
// the network, which foreign data wrappers of customers need.
//
// It is an error if the network is missing, the engine version is none, or an extra
// parameter has no name or that of another.
//
// (docs/reference/aws-workload-base.md 4.7; docs/reference/aws-control-room.md 7.1)
func NewDatabase(ctx *pulumi.Context, name string, args *DatabaseArgs, opts ...pulumi.ResourceOption) (*Database, error) {
	if args == nil || args.Network.ID.OutputState == nil {
		return nil, fmt.Errorf("database %s: a network is required", name)
	}
	family, parameters, err := databaseParameters(args)
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", name, err)
	}
	database := &Database{}
	err = components.Register(ctx, "ptd:aws:Database", name, database, func(child pulumi.ResourceOption) error {
		logical := name + "-allow-postgresql-traffic-vpc"
		inside := pulumi.StringArray{pulumi.String(args.Network.CIDR)}
		group, err := ec2.NewSecurityGroup(ctx, logical, &ec2.SecurityGroupArgs{
			Description: pulumi.String("Allow PostgreSQL traffic from VPC for " + name),
			VpcId:       args.Network.ID,
			Ingress: ec2.SecurityGroupIngressArray{ec2.SecurityGroupIngressArgs{
				Description: pulumi.String("Allow PostgreSQL traffic on port 5432"),
				Protocol:    pulumi.String("tcp"), FromPort: pulumi.Int(5432), ToPort: pulumi.Int(5432), CidrBlocks: inside,
			}},
			Egress: ec2.SecurityGroupEgressArray{ec2.SecurityGroupEgressArgs{
				Protocol: pulumi.String("-1"), FromPort: pulumi.Int(0), ToPort: pulumi.Int(0), CidrBlocks: inside,
			}},
			Tags: tags(args.Tags, nameTag(logical)),
		}, child)
		if err != nil {
			return err
		}
		logical = name + "-main-database-subnet-group"
		subnets, err := rds.NewSubnetGroup(ctx, logical, &rds.SubnetGroupArgs{
			SubnetIds: args.Network.PrivateSubnetIDs,
			Tags:      tags(args.Tags, nameTag(logical)),
		}, child)
		if err != nil {
			return err
		}
		parameterGroup, err := rds.NewParameterGroup(ctx, name+"-main-database-parameter-group", &rds.ParameterGroupArgs{
			Family: pulumi.String(family), Parameters: parameters,
		}, child)
		if err != nil {
			return err
		}

		instanceArgs := databaseInstance(name, args)
		instanceArgs.DbSubnetGroupName = subnets.Name
		instanceArgs.ParameterGroupName = parameterGroup.Name
		instanceArgs.VpcSecurityGroupIds = pulumi.StringArray{group.ID()}
		options := []pulumi.ResourceOption{child, pulumi.Protect(args.Protect)}
		if args.Identifier != "" {
			instanceArgs.Identifier = pulumi.String(args.Identifier)
		} else {
			instanceArgs.IdentifierPrefix = pulumi.String(name + "-")
			options = append(options, pulumi.IgnoreChanges([]string{"identifierPrefix"}))
		}
		instance, err := rds.NewInstance(ctx, name, instanceArgs, options...)
		if err != nil {
			return err
		}
		database.Identifier = instance.Identifier
		database.Address = instance.Address
		database.MasterUserSecretARN = masterSecret(instance)
		database.URL = pulumi.Sprintf("postgres://%s/postgres?sslmode=require", instance.Address)
		database.SecurityGroupID = group.ID().ToStringOutput()
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return database, nil
}

// masterSecret is the secret that RDS keeps the master user's password in.
func masterSecret(instance *rds.Instance) pulumi.StringOutput {
	return apply.To(instance.MasterUserSecrets, func(secrets []rds.InstanceMasterUserSecret) (string, error) {
		for _, secret := range secrets {
			if secret.SecretArn != nil {
				return *secret.SecretArn, nil
			}
		}
		return "", errors.New("the database has no secret of its master user: is it left out of this run?")
	}).(pulumi.StringOutput)
}

// databaseInstance is what of the instance does not depend on other resources.
func databaseInstance(name string, args *DatabaseArgs) *rds.InstanceArgs {
	logs := args.LogExports
	if logs == nil {
		logs = []string{"postgresql", "upgrade"}
	}
	instance := &rds.InstanceArgs{
		Engine:                       pulumi.String("postgres"),
		EngineVersion:                pulumi.String(args.EngineVersion),
		InstanceClass:                pulumi.String(cmp.Or(args.InstanceClass, DefaultDatabaseInstanceClass)),
		AllocatedStorage:             pulumi.Int(cmp.Or(args.AllocatedStorage, DefaultDatabaseStorage)),
		StorageType:                  pulumi.String("gp3"),
		StorageEncrypted:             pulumi.Bool(true),
		DbName:                       pulumi.String("postgres"),
		Username:                     pulumi.String("postgres"),
		ManageMasterUserPassword:     pulumi.Bool(true),
		BackupRetentionPeriod:        pulumi.Int(cmp.Or(args.BackupRetentionDays, DefaultDatabaseBackupDays)),
		CopyTagsToSnapshot:           pulumi.Bool(true),
		FinalSnapshotIdentifier:      pulumi.String(cmp.Or(args.FinalSnapshot, name+"-final-snapshot")),
		SkipFinalSnapshot:            pulumi.Bool(args.SkipFinalSnapshot),
		DeletionProtection:           pulumi.Bool(args.DeletionProtection),
		PerformanceInsightsEnabled:   pulumi.Bool(args.PerformanceInsightsEnabled),
		MultiAz:                      pulumi.Bool(args.MultiAZ),
		EnabledCloudwatchLogsExports: pulumi.ToStringArray(logs),
		Tags:                         tags(args.Tags, nameTag(name)),
	}
	if args.AllowMajorVersionUpgrade {
		instance.AllowMajorVersionUpgrade, instance.ApplyImmediately = pulumi.Bool(true), pulumi.Bool(true)
	}
	if args.MaxAllocatedStorage > 0 {
		instance.MaxAllocatedStorage = pulumi.Int(args.MaxAllocatedStorage)
	}
	return instance
}

var majorVersion = regexp.MustCompile(`^([1-9][0-9]*)(\.[0-9]+)*(-rds\.[0-9]+)?$`)

// databaseParameters gives the parameter group's family and parameters: what is slow
// or waits for locks is logged.
func databaseParameters(args *DatabaseArgs) (family string, _ rds.ParameterGroupParameterArray, _ error) {
	match := majorVersion.FindStringSubmatch(args.EngineVersion)
	if match == nil {
		return "", nil, fmt.Errorf("engine version %q is not a version of PostgreSQL, such as 15.12", args.EngineVersion)
	}
	parameters := []DatabaseParameter{
		{Name: "auto_explain.log_min_duration", Value: "5000"}, // milliseconds
		{Name: "log_min_duration_statement", Value: "1500"},    // milliseconds
		{Name: "log_lock_waits", Value: "1"},
	}
	if major, err := strconv.Atoi(match[1]); err == nil && major < 15 {
		parameters = append(parameters, DatabaseParameter{Name: "rds.force_ssl", Value: "1"})
	}
	extra := map[string]bool{}
	for _, parameter := range args.ExtraParameters {
		if parameter.Name == "" || extra[parameter.Name] {
			return "", nil, fmt.Errorf("extra parameter %q has no name or that of another: name each once", parameter.Name)
		}
		extra[parameter.Name] = true
	}
	parameters = slices.DeleteFunc(parameters, func(parameter DatabaseParameter) bool { return extra[parameter.Name] })
	var list rds.ParameterGroupParameterArray
	for _, parameter := range append(parameters, args.ExtraParameters...) {
		item := rds.ParameterGroupParameterArgs{Name: pulumi.String(parameter.Name), Value: pulumi.String(parameter.Value)}
		if parameter.AfterReboot {
			item.ApplyMethod = pulumi.String("pending-reboot")
		}
		list = append(list, item)
	}
	return cmp.Or(args.ParameterGroupFamily, "postgres"+match[1]), list, nil
}
