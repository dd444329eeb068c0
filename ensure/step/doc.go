// Package step runs a target's pipeline of steps. It knows no cloud: a pipeline is a list
// of values (Stack, Action, Custom), each of which says what it takes, what it makes and
// what follows. The runner selects, previews, guards, asks, applies, hands the typed
// outputs of each Pulumi stack to the steps after it, removes what is no longer
// configured, and reports what happened.
//
// Data flows one way. What a step needs is gathered, without changing anything, from the
// configuration, earlier outputs and what is live; what it gives are its outputs. The run
// keeps them; nothing is kept in a step.
package step
