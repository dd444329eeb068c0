package awsworkload

import "github.com/ptd-go/ptd/components/aws"

// makeDatabase makes the PostgreSQL server of the products
// (docs/reference/aws-workload-base.md 4.7).
func (p *persistent) makeDatabase() error {
	settings, maxStorage, err := databaseSettings(p.config, p.database)
	if err != nil {
		return err
	}
	identifier, snapshot := "", ""
	if p.database != nil {
		identifier, snapshot = p.database.Identifier, p.database.FinalSnapshot
	}
	database, err := aws.NewDatabase(p.ctx, p.name, &aws.DatabaseArgs{
		Network:                    p.network,
		Identifier:                 identifier,
		FinalSnapshot:              snapshot,
		EngineVersion:              settings.EngineVersion,
		ExtraParameters:            aws.DatabaseParameters(p.config.DBParameters),
		AllowMajorVersionUpgrade:   p.config.DBAllowMajorVersionUpgrade,
		InstanceClass:              settings.InstanceClass,
		AllocatedStorage:           settings.AllocatedStorage,
		MaxAllocatedStorage:        maxStorage,
		MultiAZ:                    *settings.MultiAZ,
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
