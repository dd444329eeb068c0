// Package action describes what is done outside of Pulumi, or would be in a dry run.
package action

// Operation is what an action did to one object, or would do in a dry run.
type Operation string

// The operations of actions. They never delete.
const (
	Create Operation = "create"
	Update Operation = "update"
	Same   Operation = "same"
)

// Change tells of one object that an action looked at. It never holds a value of a
// secret.
type Change struct {
	Operation Operation
	Type      string // "aws:s3:Bucket", "aws:secretsmanager:Secret", ...
	Name      string
	// Keys are the settings (of a secret: the keys) that were written, sorted.
	Keys []string
	// Note is what the user should know beyond that: what was left alone, and why.
	Note string
	// Planned is true when nothing was written because of a dry run.
	Planned bool
}
