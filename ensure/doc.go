// Package ensure converges a target: it runs the target's pipeline of steps, hands
// the typed outputs of each Pulumi stack to the stacks after it, guards what cannot
// be made again, and reports what happened.
package ensure
