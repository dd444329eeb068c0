// Package kubernetes holds the ComponentResources that live in a Kubernetes cluster:
// charts and what they need, network policies, storage classes, the Team Operator and
// its sites. They are the same on every cloud; where clouds differ, the difference is an
// argument. Nothing here reads configuration or looks up what ptd itself made, so any
// Go program may use it. Every component works in the cluster of the Kubernetes
// provider that it is given (pulumi.Provider, or its parent's).
package kubernetes
