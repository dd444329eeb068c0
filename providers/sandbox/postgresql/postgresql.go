// Package postgresql simulates the postgresql provider of Pulumi on the database
// servers of a sandbox: a server must exist, and its password must be right.
package postgresql

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi-postgresql/sdk/v3/go/postgresql"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
)

// New makes the simulated provider.
func New(cloud *sandbox.Cloud) *sandbox.Provider { return sandbox.NewProvider(cloud, Package()) }

const (
	roleType      = "postgresql:index/role:Role"
	databaseType  = "postgresql:index/database:Database"
	schemaType    = "postgresql:index/schema:Schema"
	extensionType = "postgresql:index/extension:Extension"
	grantType     = "postgresql:index/grant:Grant"
	grantRoleType = "postgresql:index/grantRole:GrantRole"
)

// Package describes the simulated provider.
var Package = sync.OnceValue(func() *sandbox.Package {
	return &sandbox.Package{
		Name:      "postgresql",
		Types:     types(),
		Naming:    sandbox.Naming{Separator: "-", Digits: 7},
		Configure: configure,
		Connect:   connect,
		Adapt:     adapt,
		// What a server has is gone with it.
		Orphaned: func(cloud *sandbox.Cloud, object *sandbox.Object) bool { return cloud.Database(object.Account) == nil },
	}
})

// roleAt is an input that names a role.
func roleAt(path string) sandbox.Reference {
	reference := rule.By(path, roleType, "name", "pq: role %q does not exist")
	reference.Skip = func(o *sandbox.Operation, name string) bool {
		server := o.Cloud.Database(o.Account)
		return name == "postgres" || isPublic(name) || server != nil && slices.Contains(server.Roles, name)
	}
	return reference
}

// databaseAt is an input that names a database.
func databaseAt(path string) sandbox.Reference {
	reference := rule.By(path, databaseType, "name", "pq: database %q does not exist")
	reference.Skip = func(o *sandbox.Operation, name string) bool {
		server := o.Cloud.Database(o.Account)
		return slices.Contains([]string{"postgres", "template0", "template1"}, name) || server != nil && slices.Contains(server.Databases, name)
	}
	return reference
}

// always is for statements that do nothing, or the same again, where there is the thing.
func always(sandbox.Inputs) bool { return true }

func types() map[string]sandbox.Type {
	return map[string]sandbox.Type{
		roleType: {
			Args: postgresql.RoleArgs{}.ElementType(), AutoName: "name", Secret: []string{"password"},
			Unread: []string{"password"}, // only a superuser could
			Unique: rule.Unique("pq: role %q already exists", "name"),
			Check:  identifier("name"),
			Create: named("name"),
		},
		databaseType: {
			Args: postgresql.DatabaseArgs{}.ElementType(), AutoName: "name",
			Replace:    []string{"encoding", "lcCollate", "lcCtype", "template"},
			References: []sandbox.Reference{roleAt("owner")},
			Unique:     rule.Unique("pq: database %q already exists", "name"),
			Check:      identifier("name"),
			Create:     named("name"),
			Delete:     dropped,
		},
		schemaType: {
			Args: postgresql.SchemaArgs{}.ElementType(), AutoName: "name", Replace: []string{"database"},
			References: []sandbox.Reference{
				rule.Weak(databaseAt("database")),
				roleAt("owner"),
			},
			Overwrites: always,
			Check:      identifier("name"),
			Create:     within(named("database", "name")),
		},
		grantType: {
			Args:     postgresql.GrantArgs{}.ElementType(),
			Replace:  []string{"database", "role", "schema", "objectType", "objects", "columns"},
			ReadBack: []string{"privileges"}, Overwrites: always,
			References: []sandbox.Reference{
				rule.Weak(databaseAt("database")),
				roleAt("role"),
				rule.Unless(isPublic, rule.By("schema", schemaType, "name", "pq: schema %q does not exist")),
			},
			Check: checkGrant,
			Create: within(func(o *sandbox.Operation) error {
				if err := named("role", "database", "schema", "objectType")(o); err != nil {
					return err
				}
				o.ID = strings.ReplaceAll(o.ID, ".", "_")
				return grant(o)
			}),
			Update: within(grant),
		},
		grantRoleType: {
			Args: postgresql.GrantRoleArgs{}.ElementType(), Replace: []string{"role", "grantRole", "withAdminOption"},
			ReadBack: []string{"withAdminOption"}, Overwrites: always,
			References: []sandbox.Reference{
				roleAt("role"),
				roleAt("grantRole"),
			},
			Create: join,
		},
		extensionType: {
			Args: postgresql.ExtensionArgs{}.ElementType(), Replace: []string{"database", "name"},
			References: []sandbox.Reference{rule.Weak(databaseAt("database"))},
			Overwrites: always,
			Create:     within(install),
		},
	}
}

// configure remembers the server: host and port are what the objects belong to.
func configure(in sandbox.Inputs) (account, region string, err error) {
	host, _ := in.Text("host")
	return host, "", nil
}

// connect logs in to the server, as every operation does.
func connect(cloud *sandbox.Cloud, in sandbox.Inputs) error {
	host, ok := in.Text("host")
	if !ok {
		return errors.New("error connecting to PostgreSQL server: no host is configured")
	}
	username, _ := in.Text("username")
	password, _ := in.Text("password")
	server := cloud.Database(host)
	if server == nil {
		return fmt.Errorf("error connecting to PostgreSQL server %s: dial tcp: lookup %s: no such host", host, host)
	}
	want, err := server.Password()
	if err != nil {
		return err
	}
	if username != server.Username || password != want {
		return fmt.Errorf("error connecting to PostgreSQL server %s: pq: password authentication failed for user %q", host, username)
	}
	return nil
}

// adapt applies what a server has of its own: its extensions. Before it is known which
// server that is, any will do.
func adapt(cloud *sandbox.Cloud, in sandbox.Inputs, token string, typ sandbox.Type) (sandbox.Type, error) {
	host, ok := in.Text("host")
	if token != extensionType || !ok {
		return typ, nil
	}
	err := cloud.Do(func() error {
		if server := cloud.Database(host); server != nil {
			typ.Check = checkExtension(server)
		}
		return nil
	})
	return typ, err
}

// named is the Create of a type whose id is made of its names.
func named(properties ...string) func(*sandbox.Operation) error {
	return func(o *sandbox.Operation) error {
		var parts []string
		for _, property := range properties {
			if part, ok := o.Inputs.Text(property); ok {
				parts = append(parts, part)
			}
		}
		o.ID = strings.Join(parts, ".")
		return nil
	}
}

func identifier(property string) rule.Check {
	return rule.Matches(property, `^.{1,63}$`, "is longer than the 63 bytes of an identifier")
}

func isPublic(name string) bool { return name == "public" }

// privileges are what may be granted on a kind of object.
var privileges = map[string][]string{
	"database":             {"ALL", "CREATE", "CONNECT", "TEMPORARY"},
	"schema":               {"ALL", "CREATE", "USAGE"},
	"table":                {"ALL", "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"},
	"sequence":             {"ALL", "USAGE", "SELECT", "UPDATE"},
	"function":             {"ALL", "EXECUTE"},
	"procedure":            {"ALL", "EXECUTE"},
	"routine":              {"ALL", "EXECUTE"},
	"foreign_data_wrapper": {"ALL", "USAGE"},
	"foreign_server":       {"ALL", "USAGE"},
	"column":               {"ALL", "SELECT", "INSERT", "UPDATE", "REFERENCES"},
}

func checkGrant(in sandbox.Inputs) []sandbox.Problem {
	kind, ok := in.Text("objectType")
	if !ok {
		return nil
	}
	allowed, known := privileges[kind]
	if !known {
		return rule.One("objectType", "%q is not a kind of object that can be granted on", kind)
	}
	if _, ok := in["schema"]; !ok && kind != "database" && !strings.HasPrefix(kind, "foreign") {
		return rule.One("schema", "is mandatory for a %s", kind)
	}
	for i, element := range in.List("privileges") {
		if privilege, ok := element.(string); ok && !slices.Contains(allowed, privilege) {
			return rule.One(fmt.Sprintf("privileges[%d]", i), "%s is not an allowed privilege for object type %s", privilege, kind)
		}
	}
	return nil
}
