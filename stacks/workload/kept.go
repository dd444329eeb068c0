package workload

import (
	"cmp"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Kept is a setting of something that may be there already. A default says what something
// new gets: what is live keeps what it has until the configuration names another.
// (docs/reference/design.md 7)
type Kept[T comparable] struct {
	// What has the setting ("chart loki of release 20250115"), Key is where ptd.yaml
	// chooses it.
	What, Key string
	// Configured is what the configuration has. Given says that it names it, so that it is
	// not just the default.
	Configured T
	Given      bool
	// Live is what is there; nothing ("", 0) when nothing is.
	Live T
	// Form is how a value is told; "version %v" if "".
	Form string
}

// Value is the one that counts. note says that it is not the default; "" when it is, or
// was chosen.
func (k Kept[T]) Value() (value T, note string) {
	var nothing T
	if k.Given || k.Live == nothing || k.Live == k.Configured {
		return k.Configured, ""
	}
	stays := fmt.Sprintf(cmp.Or(k.Form, "version %v"), k.Live)
	return k.Live, fmt.Sprintf("%s stays at %s, with which it was installed; the default is %v: set %s to keep the one or to move to the other",
		k.What, stays, k.Configured, k.Key)
}

// Settle is Value with the note told to the program's log.
func (k Kept[T]) Settle(log pulumi.Log) T {
	value, note := k.Value()
	if note != "" {
		// A log that fails means that the engine is gone, as every registration will say.
		_ = log.Warn(note, nil)
	}
	return value
}
