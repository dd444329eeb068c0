package postgresql

import (
	"context"
	"slices"
)

// Servers reaches PostgreSQL servers, to look at what Pulumi's state cannot tell.
type Servers interface {
	// Contents are what the server at an address has. A server that does not answer, or
	// does not let the user in, is an error.
	Contents(ctx context.Context, address, username, password string) (*Contents, error)
}

// Public is, among roles, everybody.
const Public = "public"

// Contents are what a server has, sorted by name.
type Contents struct {
	Databases []Database
	Roles     []string
}

// Database is one of a server.
type Database struct {
	Name, Owner string
	// Connects are the roles with the privilege to connect to it, sorted; who inherits from
	// one of them may, too. Public among them is everybody.
	Connects []string
}

// Has tells whether the server has a database of a name.
func (c *Contents) Has(name string) bool {
	return slices.ContainsFunc(c.Databases, func(database Database) bool { return database.Name == name })
}

// Open are the databases of names that everybody may connect to.
func (c *Contents) Open(names []string) (open []string) {
	for _, database := range c.Databases {
		if slices.Contains(names, database.Name) && slices.Contains(database.Connects, Public) {
			open = append(open, database.Name)
		}
	}
	return open
}
