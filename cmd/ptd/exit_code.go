package main

// The exit status of every command.
//
//	0  it did what it was asked; with --detailed-exitcode, and nothing had to change
//	1  it failed, was declined, or was not understood
//	2  with --detailed-exitcode: changes were made, or a dry run found some
const (
	exitSuccess = 0
	exitFailure = 1
	exitChanges = 2
)

// exitCode is that table: a failure weighs more than a change.
func exitCode(err error, changed, detailed bool) int {
	switch {
	case err != nil:
		return exitFailure
	case detailed && changed:
		return exitChanges
	default:
		return exitSuccess
	}
}
