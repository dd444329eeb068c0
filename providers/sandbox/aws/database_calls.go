package aws

import (
	"context"
	"fmt"

	awsedge "github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/sandbox"
)

func (a *account) Databases() awsedge.Databases { return databaseCalls{a} }

type databaseCalls struct{ *account }

func (d databaseCalls) Database(_ context.Context, identifier string) (database awsedge.Database, err error) {
	err = d.do("read", databaseType, identifier, func() error {
		object := d.named(databaseType, "identifier", identifier)
		if object == nil {
			return fmt.Errorf("database %s: %w", identifier, awsedge.ErrNotFound)
		}
		database = describeDatabase(object)
		return nil
	})
	return database, err
}

// describeDatabase tells what an instance has, and what its maintenance window changes.
func describeDatabase(object *sandbox.Object) awsedge.Database {
	wanted := sandbox.Inputs(object.Inputs)
	described := awsedge.Database{
		InForce: awsedge.DatabaseSettings{
			EngineVersion: object.String("engineVersionActual"), InstanceClass: object.String("instanceClass"),
		},
		MaintenanceWindow: object.String("maintenanceWindow"),
	}
	storage, _ := object.Get("allocatedStorage").(float64)
	standby, _ := object.Get("multiAz").(bool)
	described.InForce.AllocatedStorage, described.InForce.MultiAZ = int(storage), &standby
	if version, _ := wanted.Text("engineVersion"); compareVersions(version, described.InForce.EngineVersion) > 0 {
		described.Pending.EngineVersion = version
	}
	waits := func(name string) bool {
		value, asked := wanted[name]
		return asked && value != object.Get(name)
	}
	if waits("instanceClass") {
		described.Pending.InstanceClass, _ = wanted.Text("instanceClass")
	}
	if waits("allocatedStorage") {
		storage, _ := wanted.Number("allocatedStorage")
		described.Pending.AllocatedStorage = int(storage)
	}
	if waits("multiAz") {
		standby := wanted.Flag("multiAz")
		described.Pending.MultiAZ = &standby
	}
	return described
}
