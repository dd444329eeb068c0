package postgresql

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	edge "github.com/ptd-go/ptd/providers/postgresql"
	"github.com/ptd-go/ptd/providers/sandbox"
)

// Servers reaches the database servers of a sandbox.
func Servers(cloud *sandbox.Cloud) edge.Servers { return simulatedServers{cloud} }

type simulatedServers struct{ cloud *sandbox.Cloud }

// Contents implements providers/postgresql.Servers.
func (s simulatedServers) Contents(_ context.Context, address, username, password string) (contents *edge.Contents, err error) {
	err = s.cloud.Do(func() error {
		if err := connect(s.cloud, sandbox.Inputs{"host": address, "username": username, "password": password}); err != nil {
			return fmt.Errorf("look what the database server %s has: %w", address, err)
		}
		there := server{s.cloud.Database(address), s.cloud}
		names := slices.Clone(there.Databases)
		for _, database := range there.of(databaseType) {
			names = append(names, database.String("name"))
		}
		contents = &edge.Contents{Roles: append([]string{there.Username}, there.Roles...)}
		for _, name := range names {
			contents.Databases = append(contents.Databases, edge.Database{Name: name, Owner: there.owner(name), Connects: there.connecting(name)})
		}
		for _, role := range there.of(roleType) {
			contents.Roles = append(contents.Roles, role.String("name"))
		}
		slices.Sort(contents.Roles)
		slices.SortFunc(contents.Databases, func(a, b edge.Database) int { return cmp.Compare(a.Name, b.Name) })
		return nil
	})
	return contents, err
}
