// Package sandbox simulates clouds: resource providers and the calls behind actions
// work on one store in a directory, so that a target's real programs can run with
// the real engine and no account (docs/reference/design.md 6).
//
// The simulation earns trust by being strict. Inputs are checked against the
// provider SDK's own types; an identifier that was never issued, a name that is
// taken, and a deletion of what others still use fail, with the cloud's own words
// where they are known. Identifiers are deterministic.
//
// A provider is a Package: a table of types with their rules, data sources, and how it
// names, configures and connects. The core knows no cloud. A new type is an entry of the
// table: the SDK's arguments, which inputs replace it, which name other objects, which must
// be unique, and functions for what remains; package rule has what such rules are made of,
// and package sandboxtest tests them without the engine. What a type offers to providers of
// other packages, a database server or a cluster, it says in Serves.
//
// The directory holds
//
//	cloud.json     every object, for people to read; edit it to inject drift
//	cloud.journal  changes since cloud.json was written; folded in at the next opening
//	cloud.lock     the lock that processes take around each operation
//	faults.json    faults to inject, see Fault
package sandbox
