package sandbox

import "reflect"

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
	// Computed names the inputs that the cloud keeps when they are no longer given.
	Computed []string
	// DeleteBeforeReplace says that the provider deletes the old one before it makes the
	// new one, unless the name is a generated one.
	DeleteBeforeReplace bool
	// Defaults are inputs that the cloud fills in.
	Defaults map[string]any
	// AutoName is the path of the property that gets a generated name when it is absent, and
	// so is the prefix that Naming knows.
	AutoName string
	// Naming is how, when the package's naming does not hold for the type.
	Naming *Naming
	// Unique are the names that must be free.
	Unique []Unique
	// References are the inputs that name other objects.
	References []Reference
	// Outputs names the outputs that are not known before the resource exists, also
	// within an input: "vpcConfig.vpcId".
	Outputs []string
	// Changing names the outputs that an update from old to new inputs changes.
	Changing func(old, new Inputs) []string
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
	// Delete refuses, or does more; dependents are checked before.
	Delete func(o *Operation) error
	// Global is true for types that belong to no region.
	Global bool
	// Serves is what objects of the type offer to the providers of other packages, nil for
	// nothing.
	Serves *Serves
}

// Problem is something wrong with a property.
type Problem struct{ Path, Text string }
