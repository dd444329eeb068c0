package ensure

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/ptd-go/ptd/providers/postgresql"
)

// postgresqlPlugin is the real plugin on the server that stands for a target's. The engine
// and the state see the provider as the program made it.
type postgresqlPlugin struct {
	plugin.Provider
	server *postgresql.Server
}

// Configure implements plugin.Provider: it connects to the server that was given. That its
// user is no superuser stays what the program says of the cloud's master user.
func (p *postgresqlPlugin) Configure(ctx context.Context, r plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	if r.Inputs.ContainsUnknowns() {
		return p.Provider.Configure(ctx, r)
	}
	r.Inputs = r.Inputs.Copy()
	for name, value := range map[resource.PropertyKey]string{
		"host": p.server.Host, "username": p.server.Username, "sslmode": p.server.SSLMode, "database": p.server.Database,
	} {
		r.Inputs[name] = resource.NewStringProperty(value)
	}
	r.Inputs["port"] = resource.NewNumberProperty(float64(p.server.Port))
	r.Inputs["password"] = resource.MakeSecret(resource.NewStringProperty(p.server.Password))
	return p.Provider.Configure(ctx, r)
}

// realServers is the one server that stands for all of a target.
type realServers struct{ server *postgresql.Server }

// Contents implements providers/postgresql.Servers.
func (r realServers) Contents(ctx context.Context, _, _, _ string) (*postgresql.Contents, error) {
	return r.server.Contents(ctx)
}
