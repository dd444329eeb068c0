package awsworkload

import "github.com/ptd-go/ptd/components/aws"

// makeDatabase makes the PostgreSQL server of the products
// (docs/reference/aws-workload-base.md 4.7).
func (p *persistent) makeDatabase() error {
	database, err := aws.NewDatabase(p.ctx, p.name, &aws.DatabaseArgs{
		Network:                    p.network,
		Identifier:                 p.databaseIdentifier,
		EngineVersion:              p.config.DBEngineVersion,
		ParameterGroupFamily:       p.config.ParameterGroupFamily(),
		ExtraParameters:            aws.DatabaseParameters(p.config.DBParameters),
		AllowMajorVersionUpgrade:   p.config.DBAllowMajorVersionUpgrade,
		InstanceClass:              p.config.DBInstanceClass,
		AllocatedStorage:           p.config.DBAllocatedStorage,
		MaxAllocatedStorage:        p.config.DBMaxAllocatedStorage,
		MultiAZ:                    p.config.MultiAZDatabase(),
		PerformanceInsightsEnabled: p.config.DBPerformanceInsightsEnabled,
		DeletionProtection:         p.config.DBDeletionProtection,
		Protect:                    p.config.ProtectPersistentResources,
		SkipFinalSnapshot:          !p.config.ProtectPersistentResources,
		Tags:                       p.tags,
	}, p.child)
	if err != nil {
		return err
	}
	p.outputs.DB, p.outputs.DBURL = database.Identifier, database.URL
	p.outputs.DBAddress, p.outputs.RDSHost = database.Address, database.Address
	p.outputs.DBSecretARN = database.MasterUserSecretARN
	return nil
}
