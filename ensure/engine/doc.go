// Package engine is the embedded Pulumi engine: it opens stacks on a state backend
// and previews, updates, refreshes and destroys them in process, with programs that
// are Go functions. It is the only importer of pulumi/pkg.
//
// State stays what the pulumi command line itself reads and writes: the store, its
// locks, state, backups and history are laid out as pulumi's own backend for object
// stores ("diy") has them. That backend is not used: it prints to the process's standard
// output, gives no events for refresh and destroy, writes the whole state anew for each
// resource, and links the clients of clouds, databases and key services that ptd does
// not know.
package engine
