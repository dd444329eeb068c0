package awsworkload

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// makeDatabase makes the PostgreSQL server of the products, reachable from the VPC
// (facts: aws-workload-base 4.7). RDS keeps and rotates its master password.
func (p *persistent) makeDatabase() error {
	groupName := p.name + "-allow-postgresql-traffic-vpc"
	vpc := pulumi.StringArray{pulumi.String(p.network.CIDR)}
	group, err := ec2.NewSecurityGroup(p.ctx, groupName, &ec2.SecurityGroupArgs{
		Description: pulumi.String("Allow PostgreSQL traffic from VPC for " + p.name),
		VpcId:       p.network.ID,
		Ingress: ec2.SecurityGroupIngressArray{ec2.SecurityGroupIngressArgs{
			Description: pulumi.String("Allow PostgreSQL traffic on port 5432"),
			Protocol:    pulumi.String("tcp"), FromPort: pulumi.Int(5432), ToPort: pulumi.Int(5432), CidrBlocks: vpc,
		}},
		Egress: ec2.SecurityGroupEgressArray{ec2.SecurityGroupEgressArgs{
			Protocol: pulumi.String("-1"), FromPort: pulumi.Int(0), ToPort: pulumi.Int(0), CidrBlocks: vpc,
		}},
		Tags: p.tagsNamed(groupName),
	}, p.child)
	if err != nil {
		return err
	}
	subnetsName := p.name + "-main-database-subnet-group"
	subnets, err := rds.NewSubnetGroup(p.ctx, subnetsName, &rds.SubnetGroupArgs{
		SubnetIds: p.network.PrivateSubnetIDs, Tags: p.tagsNamed(subnetsName),
	}, p.child)
	if err != nil {
		return err
	}
	parameters := rds.ParameterGroupParameterArray{}
	for _, parameter := range []struct{ name, value string }{
		{"auto_explain.log_min_duration", "5000"}, // milliseconds, as the next
		{"log_min_duration_statement", "1500"},
		{"log_lock_waits", "1"},
	} {
		parameters = append(parameters, rds.ParameterGroupParameterArgs{
			Name: pulumi.String(parameter.name), Value: pulumi.String(parameter.value),
		})
	}
	parameterGroup, err := rds.NewParameterGroup(p.ctx, p.name+"-main-database-parameter-group", &rds.ParameterGroupArgs{
		Family: pulumi.String(p.config.ParameterGroupFamily()), Parameters: parameters,
	}, p.child)
	if err != nil {
		return err
	}

	args := &rds.InstanceArgs{
		IdentifierPrefix:           pulumi.String(p.name + "-"),
		Engine:                     pulumi.String("postgres"),
		EngineVersion:              pulumi.String(p.config.DBEngineVersion),
		InstanceClass:              pulumi.String(p.config.DBInstanceClass),
		AllocatedStorage:           pulumi.Int(p.config.DBAllocatedStorage),
		StorageType:                pulumi.String("gp3"),
		StorageEncrypted:           pulumi.Bool(true),
		DbName:                     pulumi.String("postgres"),
		Username:                   pulumi.String(masterUser),
		ManageMasterUserPassword:   pulumi.Bool(true),
		BackupRetentionPeriod:      pulumi.Int(7), // days
		CopyTagsToSnapshot:         pulumi.Bool(true),
		FinalSnapshotIdentifier:    pulumi.String(p.name + "-final-snapshot"),
		SkipFinalSnapshot:          pulumi.Bool(!p.config.ProtectPersistentResources),
		DeletionProtection:         pulumi.Bool(p.config.DBDeletionProtection),
		PerformanceInsightsEnabled: pulumi.Bool(p.config.DBPerformanceInsightsEnabled),
		MultiAz:                    pulumi.Bool(p.config.MultiAZDatabase()),
		DbSubnetGroupName:          subnets.Name,
		ParameterGroupName:         parameterGroup.Name,
		VpcSecurityGroupIds:        pulumi.StringArray{group.ID()},
		Tags:                       p.tagsNamed(p.name),
	}
	if p.config.DBMaxAllocatedStorage > 0 {
		args.MaxAllocatedStorage = pulumi.Int(p.config.DBMaxAllocatedStorage)
	}
	// The prefix reads back as empty from an instance that was imported.
	instance, err := rds.NewInstance(p.ctx, p.name, args, p.child, p.protect(), pulumi.IgnoreChanges([]string{"identifierPrefix"}))
	if err != nil {
		return err
	}
	p.outputs.DB = instance.Identifier
	p.outputs.DBAddress, p.outputs.RDSHost = instance.Address, instance.Address
	p.outputs.DBSecretARN = instance.MasterUserSecrets.Index(pulumi.Int(0)).SecretArn().Elem()
	p.outputs.DBURL = pulumi.Sprintf("postgres://%s/postgres?sslmode=require", instance.Address)
	return nil
}

// masterUser is the user that RDS keeps the password of.
const masterUser = "postgres"
