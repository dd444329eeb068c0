package awsworkload

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/config"
)

// databaseWith is a workload that asks for this of its database; every key that is not zero is given.
func databaseWith(t *testing.T, change func(*config.AWSWorkload)) *config.AWSWorkload {
	return load(t, "minimal01-staging", func(w *config.AWSWorkload) {
		w.DBMaxAllocatedStorage = 0
		w.Given = config.GivenKeys{"db_engine_version": true, "db_instance_class": true, "db_allocated_storage": true}
		w.DBEngineVersion, w.DBInstanceClass, w.DBAllocatedStorage = "16.4", "db.m5.large", 100
		change(w)
	})
}

// liveDatabase has what databaseWith asks for, and what changes say.
func liveDatabase(change func(*aws.Database)) aws.Database {
	live := aws.Database{
		InForce:           aws.DatabaseSettings{EngineVersion: "16.4", InstanceClass: "db.m5.large", AllocatedStorage: 100, MultiAZ: pulumi.BoolRef(false)},
		MaintenanceWindow: "sun:05:00-sun:05:30",
	}
	if change != nil {
		change(&live)
	}
	return live
}

// TestExistingDatabase makes sure that a program asks for what state records wherever the server
// has, or is about to get, what is wanted.
func TestExistingDatabase(t *testing.T) {
	t.Parallel()
	type asked struct {
		version, class string
		storage, most  int
		standby        bool
	}
	calm := asked{"16.4", "db.m5.large", 100, 0, false}
	with := func(change func(*asked)) asked { wanted := calm; change(&wanted); return wanted }
	for name, test := range map[string]struct {
		change func(*config.AWSWorkload)
		live   func(*aws.Database)
		// refreshed is what a run asks for that takes reality into state first; as without if nil.
		want      asked
		refreshed *asked
	}{
		"as it is": {func(*config.AWSWorkload) {}, nil, calm, nil},
		"upgraded by RDS": {
			func(*config.AWSWorkload) {}, func(l *aws.Database) { l.InForce.EngineVersion = "16.9" }, calm,
			&asked{"16.9", "db.m5.large", 100, 0, false},
		},
		"upgraded by RDS, beyond what is wanted now": {
			func(w *config.AWSWorkload) { w.DBEngineVersion = "16.6" }, func(l *aws.Database) { l.InForce.EngineVersion = "16.9" }, calm,
			&asked{"16.9", "db.m5.large", 100, 0, false},
		},
		"newer": {func(w *config.AWSWorkload) { w.DBEngineVersion = "16.6" }, nil, with(func(a *asked) { a.version = "16.6" }), nil},
		"newer, waiting": {
			func(w *config.AWSWorkload) { w.DBEngineVersion = "16.6" }, func(l *aws.Database) { l.Pending.EngineVersion = "16.6" }, calm,
			&asked{"16.6", "db.m5.large", 100, 0, false},
		},
		"the major version alone": {func(w *config.AWSWorkload) { w.DBEngineVersion = "16" }, nil, calm, nil},
		"older":                   {func(w *config.AWSWorkload) { w.DBEngineVersion = "15.12" }, nil, calm, nil},
		"next major version": {
			func(w *config.AWSWorkload) { w.DBEngineVersion, w.DBAllowMajorVersionUpgrade = "17.2", true }, nil,
			with(func(a *asked) { a.version = "17.2" }), nil,
		},
		"defaults": {
			func(w *config.AWSWorkload) {
				w.Given, w.DBEngineVersion, w.DBInstanceClass, w.DBAllocatedStorage = nil, "17.2", "db.t3.small", 200
			}, nil, calm, nil,
		},
		"another class": {func(w *config.AWSWorkload) { w.DBInstanceClass = "db.m5.xlarge" }, nil, with(func(a *asked) { a.class = "db.m5.xlarge" }), nil},
		"another class, waiting": {
			func(w *config.AWSWorkload) { w.DBInstanceClass = "db.m5.xlarge" },
			func(l *aws.Database) { l.Pending.InstanceClass = "db.m5.xlarge" }, calm, nil,
		},
		"another class than the one that waits": {
			func(w *config.AWSWorkload) { w.DBInstanceClass = "db.m5.2xlarge" },
			func(l *aws.Database) { l.Pending.InstanceClass = "db.m5.xlarge" }, with(func(a *asked) { a.class = "db.m5.2xlarge" }), nil,
		},
		"grown by RDS": {
			func(w *config.AWSWorkload) { w.DBMaxAllocatedStorage = 300 }, func(l *aws.Database) { l.InForce.AllocatedStorage = 150 },
			with(func(a *asked) { a.most = 300 }), &asked{"16.4", "db.m5.large", 150, 300, false},
		},
		"grown to a lower limit": {
			func(w *config.AWSWorkload) { w.DBMaxAllocatedStorage = 120 }, func(l *aws.Database) { l.InForce.AllocatedStorage = 150 },
			with(func(a *asked) { a.most = 150 }), &asked{"16.4", "db.m5.large", 150, 150, false},
		},
		"more storage": {func(w *config.AWSWorkload) { w.DBAllocatedStorage = 200 }, nil, with(func(a *asked) { a.storage = 200 }), nil},
		"more storage, waiting": {
			func(w *config.AWSWorkload) { w.DBAllocatedStorage = 200 }, func(l *aws.Database) { l.Pending.AllocatedStorage = 200 }, calm, nil,
		},
		"a standby": {func(w *config.AWSWorkload) { w.EnvironmentOverride = "production" }, nil, with(func(a *asked) { a.standby = true }), nil},
		"a standby, waiting": {
			func(w *config.AWSWorkload) { w.EnvironmentOverride = "production" },
			func(l *aws.Database) { l.Pending.MultiAZ = pulumi.BoolRef(true) }, calm, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			live := liveDatabase(test.live)
			for _, refreshed := range []bool{false, true} {
				want := test.want
				if refreshed && test.refreshed != nil {
					want = *test.refreshed
				}
				state := StateResource{Outputs: resource.NewPropertyMapFromMap(map[string]any{
					"engineVersion": "16.4", "instanceClass": "db.m5.large", "allocatedStorage": 100, "multiAz": false, "maxAllocatedStorage": 150,
				})}
				settings, most, err := databaseSettings(databaseWith(t, test.change), NewExistingDatabase("main", state, &live, refreshed))
				require.NoError(t, err)
				assert.Equal(t, want, asked{settings.EngineVersion, settings.InstanceClass, settings.AllocatedStorage, most, *settings.MultiAZ}, "refreshed: %v", refreshed)
			}
		})
	}
}

// TestMajorVersionsAreAllowed makes sure that a plan, and not RDS after half of an apply, refuses
// another major version.
func TestMajorVersionsAreAllowed(t *testing.T) {
	t.Parallel()
	live := liveDatabase(nil)
	workload := databaseWith(t, func(w *config.AWSWorkload) { w.DBEngineVersion = "17.2" })
	err := newRecorder().Exec(func(ctx *pulumi.Context) error {
		_, err := Persistent(ctx, PersistentIn{
			Config: workload, TargetName: workload.Name, Database: NewExistingDatabase("main", StateResource{}, &live, false),
		})
		return err
	})
	assert.ErrorContains(t, err, "database: move the server from PostgreSQL 16.4 to the 17.2 of db_engine_version: "+
		"another major version needs db_allow_major_version_upgrade, and restarts the server at once")
}

// TestGoneDatabase makes sure that state serves where RDS knows no such instance.
func TestGoneDatabase(t *testing.T) {
	t.Parallel()
	state := StateResource{Outputs: resource.NewPropertyMapFromMap(map[string]any{"engineVersion": "16.9", "allocatedStorage": 150})}
	settings, _, err := databaseSettings(databaseWith(t, func(*config.AWSWorkload) {}), NewExistingDatabase("main", state, nil, true))
	require.NoError(t, err)
	assert.Equal(t, []any{"16.9", "db.m5.large", 150}, []any{settings.EngineVersion, settings.InstanceClass, settings.AllocatedStorage})
}

func TestDatabaseNotes(t *testing.T) {
	t.Parallel()
	const window = " in its maintenance window (sun:05:00-sun:05:30 UTC)"
	for name, test := range map[string]struct {
		change  func(*config.AWSWorkload)
		live    func(*aws.Database)
		planned bool
		want    []string
	}{
		"as it is": {func(*config.AWSWorkload) {}, nil, true, nil},
		"waiting": {
			func(*config.AWSWorkload) {}, func(l *aws.Database) {
				l.Pending = aws.DatabaseSettings{EngineVersion: "16.6", InstanceClass: "db.m5.xlarge", AllocatedStorage: 200, MultiAZ: pulumi.BoolRef(true)}
			}, false,
			[]string{
				"has PostgreSQL 16.4, and gets 16.6" + window, "has instance class db.m5.large, and gets db.m5.xlarge" + window,
				"has storage in GiB 100, and gets 200" + window, "has a standby: false, and gets true" + window,
			},
		},
		"planned": {
			func(w *config.AWSWorkload) {
				w.DBEngineVersion, w.DBInstanceClass, w.DBAllocatedStorage, w.EnvironmentOverride = "16.6", "db.m5.xlarge", 200, "production"
			}, nil, true,
			[]string{
				"has PostgreSQL 16.4, and gets 16.6" + window, "has instance class db.m5.large, and gets db.m5.xlarge" + window,
				"has storage in GiB 100, and gets 200" + window, "has a standby: false, and gets true" + window,
			},
		},
		"planned at once": {
			func(w *config.AWSWorkload) { w.DBEngineVersion, w.DBAllowMajorVersionUpgrade = "17.2", true }, nil, true, nil,
		},
		"moved by RDS": {
			func(w *config.AWSWorkload) { w.DBMaxAllocatedStorage = 150 },
			func(l *aws.Database) { l.InForce.EngineVersion, l.InForce.AllocatedStorage = "16.9", 150 }, true,
			[]string{
				"keeps PostgreSQL 16.9, which RDS upgraded it to: it does not go back to the 16.4 of db_engine_version",
				"keeps its 150 GiB of storage: it does not shrink to the 100 of db_allocated_storage",
				"has 150 GiB of storage, and grows no further: raise db_max_allocated_storage, which is 150",
			},
		},
		"older major version": {
			func(w *config.AWSWorkload) { w.DBEngineVersion = "15.12" }, nil, true,
			[]string{"keeps PostgreSQL 16.4: it cannot go back to the 15.12 of db_engine_version, which should say 16"},
		},
		"defaults": {
			func(w *config.AWSWorkload) {
				w.Given, w.DBEngineVersion, w.DBInstanceClass = nil, "17.2", "db.t3.small"
			}, nil, true,
			[]string{
				"keeps PostgreSQL 16.4: a new one would get 17.2, which db_engine_version can name",
				"keeps instance class db.m5.large: a new one would get db.t3.small, which db_instance_class can name",
			},
		},
	} {
		var want []string
		for _, note := range test.want {
			want = append(want, "the database server "+note)
		}
		assert.Equal(t, want, DatabaseNotes(databaseWith(t, test.change), liveDatabase(test.live), test.planned), name)
	}
}

// TestFinalSnapshotNames makes sure that the last snapshot of a server does not keep its successor's
// from being made.
func TestFinalSnapshotNames(t *testing.T) {
	t.Parallel()
	for recorded, next := range map[string]string{
		"main-final-snapshot": "main-final-snapshot-2", "main-final-snapshot-2": "main-final-snapshot-3", "mine": "mine", "": "",
	} {
		state := StateResource{Inputs: resource.NewPropertyMapFromMap(map[string]any{"finalSnapshotIdentifier": recorded})}
		assert.Equal(t, recorded, NewExistingDatabase("main", state, nil, false).FinalSnapshot)
		assert.Equal(t, next, NewExistingDatabase("", state, nil, false).FinalSnapshot, "of one that may be replaced")
	}
	r := newRecorder()
	require.NoError(t, r.Exec(func(ctx *pulumi.Context) error {
		workload := load(t, "minimal01-staging")
		_, err := Persistent(ctx, PersistentIn{Config: workload, TargetName: workload.Name, Database: &ExistingDatabase{FinalSnapshot: "main-final-snapshot-2"}})
		return err
	}))
	assert.Equal(t, "main-final-snapshot-2", input(r.Find(t, stateDatabase, "minimal01-staging"), "finalSnapshotIdentifier"))
}
