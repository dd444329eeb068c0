package sandbox

// Package is a simulated provider package: what the sandbox knows of a cloud is here and
// nowhere else.
type Package struct {
	Name string
	// Types and Functions are by token.
	Types     map[string]Type
	Functions map[string]Function
	// Resolve describes types that are not in Types; nil when there are none.
	Resolve func(token string) (Type, bool)
	// Adapt, when set, changes a type by the provider's inputs. The cloud is not locked.
	Adapt func(cloud *Cloud, inputs Inputs, token string, typ Type) (Type, error)
	// Naming is how types are named that have no naming of their own.
	Naming Naming
	// GivenNamesGoFirst is true for what Pulumi's Terraform bridge makes: what replaces a
	// resource whose name was given is made after that is deleted, even under another name
	// (nameRequiresDeleteBeforeReplace in pulumi-terraform-bridge, pkg/tfbridge/schema.go).
	GivenNamesGoFirst bool
	// FoldsCase is true when ids and names that differ only in case are the same.
	FoldsCase bool
	// Configure finds in the provider's inputs what its objects belong to: an account (a
	// subscription, a cluster, a server), and a region within it, "" where a region is only a
	// property of each. nil when objects belong to nothing.
	Configure func(inputs Inputs) (account, region string, err error)
	// ReplacedByConfigure is true when another account or region makes another provider, and
	// replaces what it has made.
	ReplacedByConfigure bool
	// Connect, when set, is tried before each operation that is not a preview: an
	// endpoint that must be there, credentials that must be right. The cloud is locked.
	Connect func(cloud *Cloud, inputs Inputs) error
	// Orphaned, when set, tells of an object of the package that cannot be there without
	// something else which is not: a part of what was deleted. The cloud is locked.
	Orphaned func(cloud *Cloud, object *Object) bool
	// Unreachable, when set, is what the provider makes of a failure of Connect in an operation
	// (create, update, delete or read): a warning that it tells first, "" for none, and its
	// error, nil when it takes the object for gone.
	Unreachable func(operation string, inputs Inputs, reason error) (warning string, failure error)
}

// Function is a data source. arguments holds no unknown value.
type Function func(call *Call) (map[string]any, error)

// Call is a call of a data source. The cloud is locked.
type Call struct {
	Cloud           *Cloud
	Account, Region string
	Arguments       Inputs
}

// NoMatch is the failure of a data source that found nothing.
type NoMatch struct{ What string }

func (e *NoMatch) Error() string { return "no matching " + e.What + " found" }
