// Package engine is the embedded Pulumi engine: it opens stacks on a state backend
// and previews, updates, refreshes and destroys them in process, with programs that
// are Go functions. It is the only importer of pulumi/pkg.
//
// State stays what the pulumi command line itself reads and writes: the store, its
// locks, checkpoints, backups and history are those of pulumi's own backend for
// object stores ("diy"). Operations drive the engine directly instead of through
// that backend, because it prints to the process's standard output and gives no
// events for refresh and destroy (DESIGN section 3).
package engine
