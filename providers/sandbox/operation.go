package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Operation is a create, update or delete that a Type takes part in. The cloud is
// locked.
type Operation struct {
	Cloud           *Cloud
	Account, Region string
	URN             string
	Name            string // the logical name
	Type            string
	Inputs          Inputs
	// Configuration is what the provider was configured with.
	Configuration Inputs
	// Old is the object before an update or delete. A Create that changes an object which is
	// there sets it.
	Old *Object
	// Seen is what the engine knew of the object before an update: what the provider had read.
	Seen Inputs
	// ID, Outputs and Managers are what Create and Update fill in. On an update they start
	// as they were. Inputs are kept as Create and Update leave them.
	ID       string
	Outputs  map[string]any
	Managers map[string][]string

	provider *Provider
}

// Object returns the object of a type that has an id in the operation's account and
// region, nil when there is none.
func (o *Operation) Object(typ, id string) *Object {
	return o.provider.object(typ, o.Account, o.Region, id)
}

// NewID returns an identifier of digits hex digits behind a prefix, such as
// "vpc-0a1b2c3d4e5f60718". It is the same each time for one resource, unless the
// resource has an object already, which is being replaced.
func (o *Operation) NewID(prefix string, digits int) string {
	for attempt := 0; ; attempt++ {
		id := prefix + Digest(digits, o.Account, o.Region, o.URN, o.Type, fmt.Sprint(attempt))
		if o.Cloud.Object(Key(o.Type, o.Account, o.Region, id)) == nil {
			return id
		}
	}
}

// Digest returns n hex digits that depend on the parts alone.
func Digest(n int, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])[:n]
}
