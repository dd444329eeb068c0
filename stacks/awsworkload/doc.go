// Package awsworkload holds what makes an AWS workload beside Kubernetes: the
// actions bootstrap, workload secret and Mimir secret, and the Pulumi programs
// persistent and postgres_config.
//
// An action is a function over the narrow interfaces of providers/aws. It is
// idempotent, reports every object that it looked at as a Change, and in a dry run
// writes nothing and says what it would write. A program is a function from an In
// struct to an Outputs struct; the runner exports the outputs.
package awsworkload
