// Package kubernetes holds tests with the real kubernetes provider of Pulumi on a real
// kube-apiserver, which both are compiled from their modules and run on this machine alone.
// It is a module of its own, because they bring two thousand packages: `make test-real`.
package kubernetes
