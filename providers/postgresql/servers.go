package postgresql

import "context"

// Servers reaches PostgreSQL servers, to look at what Pulumi's state cannot tell.
type Servers interface {
	// Databases lists the databases of the server at an address, sorted. A server that
	// does not answer, or does not let the user in, is an error.
	Databases(ctx context.Context, address, username, password string) ([]string, error)
}
