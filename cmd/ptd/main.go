// Command ptd provisions and converges control rooms and workloads. This package is
// the command line only: what it is asked is done by package ensure.
package main

import (
	"context"
	"os"
	"syscall"

	"github.com/ptd-go/ptd/cmd/ptd/terminal"
	"github.com/ptd-go/ptd/ensure"
)

func main() {
	terminal.Restore()
	// All that ptd writes is for its user alone: state, keys, settings.
	syscall.Umask(0o077)
	if code, answered := ensure.StandIn(os.Args, os.Stdout, os.Stderr); answered {
		os.Exit(code)
	}
	os.Exit(run(context.Background(), os.Args[1:], realSystem(), ensureRunner{}))
}
