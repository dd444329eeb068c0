// Command ptd provisions and converges control rooms and workloads. This package is
// the command line only: what it is asked is done by package ensure.
package main

import (
	"context"
	"os"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], realSystem(), ensureRunner{})) }
