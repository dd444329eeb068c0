package postgresql

import (
	"context"
	"fmt"
	"slices"

	edge "github.com/ptd-go/ptd/providers/postgresql"
	"github.com/ptd-go/ptd/providers/sandbox"
)

// Servers reaches the database servers of a sandbox.
func Servers(cloud *sandbox.Cloud) edge.Servers { return simulatedServers{cloud} }

type simulatedServers struct{ cloud *sandbox.Cloud }

// Databases implements providers/postgresql.Servers.
func (s simulatedServers) Databases(_ context.Context, address, username, password string) (names []string, err error) {
	err = s.cloud.Do(func() error {
		if err := connect(s.cloud, sandbox.Inputs{"host": address, "username": username, "password": password}); err != nil {
			return fmt.Errorf("list the databases of %s: %w", address, err)
		}
		names = append(names, s.cloud.Database(address).Databases...)
		for _, database := range s.cloud.OfType(databaseType) {
			if database.Account == address {
				names = append(names, database.String("name"))
			}
		}
		slices.Sort(names)
		return nil
	})
	return names, err
}
