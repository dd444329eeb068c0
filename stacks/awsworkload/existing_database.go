package awsworkload

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/workload"
)

// ExistingDatabase is what an earlier run's database server has. RDS upgrades minor
// versions and grows storage by itself, neither of which goes back, and lets changes wait
// for the maintenance window, until which they would be planned by every run.
type ExistingDatabase struct {
	// Identifier is the one that it was given, "" if it may be replaced. FinalSnapshot is the
	// name that its last snapshot gets, of one that may be replaced that of its successor's.
	Identifier, FinalSnapshot string
	// Recorded is what state will say of it when the program runs: naming it again changes
	// nothing. MaxStorage is the recorded limit of storage autoscaling in GiB, 0 for none.
	Recorded   aws.DatabaseSettings
	MaxStorage int
	// Live is what RDS says of it.
	Live aws.Database
}

// stateDatabase is the type of the database server in state.
const stateDatabase = "aws:rds/instance:Instance"

// NewExistingDatabase reads what state says of a database server; live, nil when there is
// no such instance any more, is what RDS says. refreshed says that state takes that in
// before the program runs.
func NewExistingDatabase(identifier string, state StateResource, live *aws.Database, refreshed bool) *ExistingDatabase {
	number := func(key string) int {
		if value := state.Outputs[resource.PropertyKey(key)]; value.IsNumber() {
			return int(value.NumberValue())
		}
		return 0
	}
	existing := &ExistingDatabase{
		Identifier: identifier, FinalSnapshot: workload.TextAt(state.Inputs, "finalSnapshotIdentifier"), MaxStorage: number("maxAllocatedStorage"),
		Recorded: aws.DatabaseSettings{
			EngineVersion: workload.TextAt(state.Outputs, "engineVersion"), InstanceClass: workload.TextAt(state.Outputs, "instanceClass"),
			AllocatedStorage: number("allocatedStorage"),
		},
	}
	if value := state.Outputs["multiAz"]; value.IsBool() {
		standby := value.BoolValue()
		existing.Recorded.MultiAZ = &standby
	}
	if identifier == "" {
		existing.FinalSnapshot = nextSnapshot(existing.FinalSnapshot)
	}
	if live == nil {
		existing.Live.InForce = existing.Recorded
		return existing
	}
	existing.Live = *live
	if refreshed {
		existing.Recorded = recordedByRead(existing.Recorded.EngineVersion, *live)
	}
	return existing
}

var numbered = regexp.MustCompile(`^(.*-final-snapshot)(?:-(\d+))?$`)

// nextSnapshot is another name for a last snapshot: one of the same name would keep the server
// that has it from being deleted.
func nextSnapshot(name string) string {
	parts := numbered.FindStringSubmatch(name)
	if parts == nil {
		return name
	}
	number, err := strconv.Atoi(parts[2])
	if err != nil {
		number = 1
	}
	return fmt.Sprintf("%s-%d", parts[1], number+1)
}

// recordedByRead is what the provider's read puts into state: what is in force, but of
// versions the one that is pending, or the shorter one that was asked for.
// (docs/reference/aws-replacement.md part 2)
func recordedByRead(version string, live aws.Database) aws.DatabaseSettings {
	read := live.InForce
	switch {
	case live.Pending.EngineVersion != "":
		read.EngineVersion = live.Pending.EngineVersion
	case version != "" && strings.HasPrefix(read.EngineVersion+".", version+"."):
		read.EngineVersion = version
	}
	return read
}

// databaseSettings are the settings that the program asks for: those of the configuration,
// but of an existing server what is recorded of it where it has, or is about to get, what
// the configuration wants, or where the configuration only has a default. maxStorage is the
// limit of storage autoscaling in GiB. Another major version that is not allowed is an error.
func databaseSettings(w *config.AWSWorkload, existing *ExistingDatabase) (settings aws.DatabaseSettings, maxStorage int, _ error) {
	standby := w.MultiAZDatabase()
	settings = aws.DatabaseSettings{
		EngineVersion: w.DBEngineVersion, InstanceClass: w.DBInstanceClass, AllocatedStorage: w.DBAllocatedStorage, MultiAZ: &standby,
	}
	if existing == nil {
		return settings, w.DBMaxAllocatedStorage, nil
	}
	recorded, inForce, pending := existing.Recorded, existing.Live.InForce, existing.Live.Pending
	if recorded.EngineVersion != "" && (!w.Gives("db_engine_version") || !newer(w.DBEngineVersion, inForce.EngineVersion) ||
		pending.EngineVersion == w.DBEngineVersion) {
		settings.EngineVersion = recorded.EngineVersion
	}
	if recorded.InstanceClass != "" && (!w.Gives("db_instance_class") || w.DBInstanceClass == inForce.InstanceClass ||
		w.DBInstanceClass == pending.InstanceClass) {
		settings.InstanceClass = recorded.InstanceClass
	}
	if has := max(inForce.AllocatedStorage, pending.AllocatedStorage); recorded.AllocatedStorage != 0 &&
		(!w.Gives("db_allocated_storage") || w.DBAllocatedStorage <= has) {
		settings.AllocatedStorage = recorded.AllocatedStorage
	}
	if recorded.MultiAZ != nil && (same(inForce.MultiAZ, standby) || same(pending.MultiAZ, standby)) {
		settings.MultiAZ = recorded.MultiAZ
	}
	// A limit below what there is already is refused.
	if maxStorage = w.DBMaxAllocatedStorage; maxStorage != 0 && maxStorage < max(inForce.AllocatedStorage, settings.AllocatedStorage) {
		maxStorage = existing.MaxStorage
	}
	if version := inForce.EngineVersion; version != "" && !w.DBAllowMajorVersionUpgrade && majorOf(settings.EngineVersion) != majorOf(version) {
		return settings, maxStorage, fmt.Errorf("move the server from PostgreSQL %s to the %s of db_engine_version: "+
			"another major version needs db_allow_major_version_upgrade, and restarts the server at once", version, settings.EngineVersion)
	}
	return settings, maxStorage, nil
}

// DatabaseNotes say in which the workload's database server differs from what the
// configuration, or its defaults, ask for, and why a run leaves it so, or until when. planned
// says that the run has not yet asked for what the configuration wants, but would.
func DatabaseNotes(w *config.AWSWorkload, live aws.Database, planned bool) []string {
	var notes []string
	say := func(format string, args ...any) {
		notes = append(notes, "the database server "+fmt.Sprintf(format, args...))
	}
	inForce, pending := live.InForce, live.Pending
	planned = planned && !w.DBAllowMajorVersionUpgrade // with which changes are made at once
	waits := func(what string, has, gets any) {
		say("has %s %v, and gets %v in its maintenance window (%s UTC)", what, has, gets, cmp.Or(live.MaintenanceWindow, "which RDS does not name"))
	}
	switch version := w.DBEngineVersion; {
	case pending.EngineVersion != "":
		waits("PostgreSQL", inForce.EngineVersion, pending.EngineVersion)
	case inForce.EngineVersion == "" || strings.HasPrefix(inForce.EngineVersion+".", version+"."):
	case !w.Gives("db_engine_version"):
		say("keeps PostgreSQL %s: a new one would get %s, which db_engine_version can name", inForce.EngineVersion, version)
	case newer(version, inForce.EngineVersion):
		if planned {
			waits("PostgreSQL", inForce.EngineVersion, version)
		}
	case majorOf(version) == majorOf(inForce.EngineVersion):
		say("keeps PostgreSQL %s, which RDS upgraded it to: it does not go back to the %s of db_engine_version", inForce.EngineVersion, version)
	default:
		say("keeps PostgreSQL %s: it cannot go back to the %s of db_engine_version, which should say %s",
			inForce.EngineVersion, version, majorOf(inForce.EngineVersion))
	}
	switch class := w.DBInstanceClass; {
	case pending.InstanceClass != "":
		waits("instance class", inForce.InstanceClass, pending.InstanceClass)
	case inForce.InstanceClass == "" || inForce.InstanceClass == class:
	case !w.Gives("db_instance_class"):
		say("keeps instance class %s: a new one would get %s, which db_instance_class can name", inForce.InstanceClass, class)
	case planned:
		waits("instance class", inForce.InstanceClass, class)
	}
	switch storage := w.DBAllocatedStorage; {
	case pending.AllocatedStorage != 0:
		waits("storage in GiB", inForce.AllocatedStorage, pending.AllocatedStorage)
	case !w.Gives("db_allocated_storage") || inForce.AllocatedStorage == 0:
	case inForce.AllocatedStorage > storage:
		say("keeps its %d GiB of storage: it does not shrink to the %d of db_allocated_storage", inForce.AllocatedStorage, storage)
	case inForce.AllocatedStorage < storage && planned:
		waits("storage in GiB", inForce.AllocatedStorage, storage)
	}
	if limit := w.DBMaxAllocatedStorage; limit != 0 && inForce.AllocatedStorage >= limit {
		say("has %d GiB of storage, and grows no further: raise db_max_allocated_storage, which is %d", inForce.AllocatedStorage, limit)
	}
	if standby := w.MultiAZDatabase(); inForce.MultiAZ != nil {
		switch {
		case pending.MultiAZ != nil:
			waits("a standby:", *inForce.MultiAZ, *pending.MultiAZ)
		case *inForce.MultiAZ != standby && planned:
			waits("a standby:", *inForce.MultiAZ, standby)
		}
	}
	return notes
}

func same(known *bool, wanted bool) bool { return known != nil && *known == wanted }

func majorOf(version string) string {
	major, _, _ := strings.Cut(version, ".")
	return major
}

// newer tells whether a version of PostgreSQL is newer than another by the numbers that
// both have.
func newer(version, than string) bool {
	left, right := strings.Split(version, "."), strings.Split(than, ".")
	for i := range min(len(left), len(right)) {
		a, aErr := strconv.Atoi(left[i])
		b, bErr := strconv.Atoi(right[i])
		if aErr != nil || bErr != nil {
			return false
		}
		if a != b {
			return a > b
		}
	}
	return than == ""
}
