package aws

import "context"

// Databases are the RDS calls that tell what an instance has by now: RDS upgrades minor
// versions and grows storage by itself, and lets changes wait for a maintenance window.
type Databases interface {
	// Database describes an instance by its identifier; ErrNotFound when there is none.
	Database(ctx context.Context, identifier string) (Database, error)
}

// Database is an instance of RDS.
type Database struct {
	// InForce is what it has, Pending what the next maintenance window changes; what that
	// leaves alone is zero.
	InForce, Pending DatabaseSettings
	// MaintenanceWindow is in UTC: "sun:05:00-sun:05:30".
	MaintenanceWindow string
}

// DatabaseSettings are those settings of an instance that may wait for its maintenance
// window.
type DatabaseSettings struct {
	EngineVersion, InstanceClass string
	AllocatedStorage             int   // GiB
	MultiAZ                      *bool // nil if not known
}
