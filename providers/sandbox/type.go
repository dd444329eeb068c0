package sandbox

import (
	"errors"
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Type describes how a provider's resource type behaves.
type Type struct {
	// Args is the plain form of the SDK's arguments, XArgs{}.ElementType(); nil accepts
	// any properties.
	Args reflect.Type
	// Replace names the properties whose change replaces the resource, by path:
	// "cidrBlock", "spec.selector".
	Replace []string
	// ReplaceIf names further properties whose change from old to new inputs replaces the
	// resource, where a path alone cannot tell.
	ReplaceIf func(old, new Inputs) []string
	// Sets names the lists whose order means nothing, by path: "subnetIds",
	// "ingress[].cidrBlocks". None and an empty one are the same.
	Sets []string
	// Equal tells, by path, which values mean the same although they are written otherwise.
	// It sees known values that are given on both sides.
	Equal map[string]func(old, new any) bool
	// Ignore names further properties whose change from old to new inputs is no difference,
	// where their own values cannot tell.
	Ignore func(old, new Inputs) []string
	// Computed names the inputs, by path, that the cloud keeps when they are no longer given.
	// Only an empty list takes away what a list held.
	Computed []string
	// ReadBack names the inputs of which the provider compares what it has read of the cloud,
	// and not what the program said before: others change them, or the cloud has not done
	// yet what it was told.
	ReadBack []string
	// Unread names the inputs that the provider cannot read: a refresh leaves them as state has
	// them, and an import has none.
	Unread []string
	// Shared names the inputs, maps, in which others have keys of their own. An update
	// changes only the keys that the program named or that the provider has read. They are
	// read back.
	Shared []string
	// DeleteBeforeReplace says that the provider deletes the old one before it makes the
	// new one, unless the name is a generated one.
	DeleteBeforeReplace bool
	// Defaults are inputs that the cloud fills in, or the provider, by path. To give the
	// default later, or not to, is no difference.
	Defaults map[string]any
	// Checked, when set, is what the provider makes of inputs beyond Defaults, before it looks
	// at them: what it drops is not in the state.
	Checked func(inputs resource.PropertyMap) resource.PropertyMap
	// AutoName is the path of the property that gets a generated name when it is absent, and
	// so is the prefix that Naming knows.
	AutoName string
	// Naming is how, when the package's naming does not hold for the type.
	Naming *Naming
	// Unique are the names that must be free.
	Unique []Unique
	// Overwrites, when set, tells that a create takes the place of what is there under its
	// name, as clouds do that only know to put: neither Unique nor the id refuses it.
	Overwrites func(inputs Inputs) bool
	// References are the inputs that name other objects.
	References []Reference
	// Outputs names the outputs that are not known before the resource exists, also
	// within an input: "vpcConfig.vpcId".
	Outputs []string
	// Changing names the outputs that an update from old to new inputs changes.
	Changing func(old, new Inputs) []string
	// Patches is the type whose objects resources of this type change: they have none of
	// their own, and Delete does all that is to be done with the object. "" for none.
	Patches string
	// Find, when set, returns the object of an id as a read answers with it, nil when there
	// is none. known are the inputs that the state has, none for an import.
	Find func(o *Operation, id string, known Inputs) (*Object, error)
	// Secret names the outputs that are secret.
	Secret []string
	// Check finds what is wrong beyond names and types.
	Check func(inputs Inputs) []Problem
	// Doubt tells what may be wrong with inputs that pass Check.
	Doubt func(inputs Inputs) []string
	// Admit refuses what only the store can tell to be wrong, before a create or an
	// update. In a preview inputs may be Unknown, and what is missing may still be made.
	Admit func(o *Operation, preview bool) error
	// Create fills in id and outputs. It may put other objects into the cloud.
	Create func(o *Operation) error
	// Update, when set, fills in the outputs after an update; else Create's remain.
	Update func(o *Operation) error
	// Read, when set, fills in outputs that the provider reads of what is there, after a
	// create, an update and on a refresh: what other objects say, or what others changed. The
	// cloud does not keep them with the object.
	Read func(o *Operation) error
	// Delete refuses, or does more; dependents are checked before.
	Delete func(o *Operation) error
	// Missing, when set, is the answer to a delete of what is not there, which else is done.
	Missing func(o *Operation) error
	// Global is true for types that belong to no region.
	Global bool
	// Serves is what objects of the type offer to the providers of other packages, nil for
	// nothing.
	Serves *Serves
}

// ErrGone is what a Read returns of an object that counts as gone: a refresh forgets it.
var ErrGone = errors.New("gone")

// Problem is something wrong with a property.
type Problem struct{ Path, Text string }

// object is the type of the objects of a type.
func (t Type) object(token string) string {
	if t.Patches != "" {
		return t.Patches
	}
	return token
}
