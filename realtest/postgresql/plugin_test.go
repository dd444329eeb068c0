package postgresql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// plugin does on a server what the plugin does for what a program registers, as the master
// user (read in the sources of version 1.26.0 of the provider that it wraps). It remembers
// what it has made, in order.
type plugin struct {
	*server
	borrows sync.Mutex // the plugin's lock, while it makes a database for a role that it borrows
	mutex   sync.Mutex
	made    []object
}

// object is a resource that the plugin has made.
type object struct {
	kind, name  string
	inputs      map[string]any
	deletedWith string
}

func (o object) text(property string) string {
	text, _ := o.inputs[property].(string)
	return text
}

// Call implements pulumi.MockResourceMonitor: the program looks nothing up.
func (p *plugin) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return nil, fmt.Errorf("unexpected call of %s", args.Token)
}

// NewResource implements pulumi.MockResourceMonitor. It is called when all is known and
// done that the resource depends on, and for several at a time, as the engine does.
func (p *plugin) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	kind := args.TypeToken[strings.LastIndexByte(args.TypeToken, ':')+1:]
	state := args.Inputs.Copy()
	if kind == "RandomPassword" {
		state["result"] = resource.MakeSecret(resource.NewStringProperty("generated-" + args.Name))
	}
	if !strings.HasPrefix(args.TypeToken, "postgresql:") {
		return args.Name, state, nil
	}
	made := object{
		kind: kind, name: args.Name, inputs: plain(args.Inputs), deletedWith: args.RegisterRPC.GetDeletedWith(),
	}
	if err := p.create(&made, args.RegisterRPC.GetImportId(), args.RegisterRPC.GetIgnoreChanges()); err != nil {
		return "", nil, fmt.Errorf("%s %s: %w", kind, args.Name, err)
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.made = append(p.made, made)
	return args.Name, state, nil
}

// plain are inputs without their marks.
func plain(inputs resource.PropertyMap) map[string]any {
	found := map[string]any{}
	for key, value := range inputs {
		for value.IsSecret() || value.IsOutput() {
			if value.IsSecret() {
				value = value.SecretValue().Element
			} else {
				value = value.OutputValue().Element
			}
		}
		found[string(key)] = value.Mappable()
	}
	return found
}

func (p *plugin) create(o *object, imported string, ignored []string) error {
	switch o.kind {
	case "Role":
		if imported != "" {
			return p.updateRole(imported, o.text("password"), ignored)
		}
		return p.do(master, masterPassword, "postgres", fmt.Sprintf("CREATE ROLE %s WITH ENCRYPTED PASSWORD %s VALID UNTIL 'infinity' "+
			"CONNECTION LIMIT -1 NOSUPERUSER NOCREATEDB NOCREATEROLE INHERIT LOGIN NOBYPASSRLS NOREPLICATION",
			identifier(o.text("name")), literal(o.text("password"))))
	case "Database":
		p.borrows.Lock()
		defer p.borrows.Unlock()
		return p.borrowing("postgres", []string{o.text("owner")}, func(do func(string) error) error {
			if imported != "" {
				return do(fmt.Sprintf("ALTER DATABASE %s OWNER TO %s", identifier(imported), identifier(o.text("owner"))))
			}
			return do(fmt.Sprintf("CREATE DATABASE %s OWNER %s TEMPLATE template0 ENCODING 'UTF8' ALLOW_CONNECTIONS true CONNECTION LIMIT -1 IS_TEMPLATE false",
				identifier(o.text("name")), identifier(o.text("owner"))))
		})
	case "GrantRole":
		return p.do(master, masterPassword, "postgres",
			fmt.Sprintf("REVOKE %s FROM %s", identifier(o.text("grantRole")), identifier(o.text("role"))),
			fmt.Sprintf("GRANT %s TO %s", identifier(o.text("grantRole")), identifier(o.text("role"))))
	case "Grant":
		return p.grant(o)
	case "Extension":
		return p.do(master, masterPassword, o.text("database"), "CREATE EXTENSION IF NOT EXISTS "+identifier(o.text("name")))
	case "Schema":
		there, err := p.texts(o.text("database"), "SELECT nspname FROM pg_namespace WHERE nspname = $1", o.text("name"))
		if err != nil {
			return err
		}
		return p.together(o.text("database"), []string{o.text("owner")}, func(do func(string) error) error {
			if len(there) > 0 {
				return do("ALTER SCHEMA " + identifier(o.text("name")) + " OWNER TO " + identifier(o.text("owner")))
			}
			return do("CREATE SCHEMA " + identifier(o.text("name")) + " AUTHORIZATION " + identifier(o.text("owner")))
		})
	}
	return fmt.Errorf("the plugin that stands in does not know %s", o.kind)
}

// updateRole gives a role that was imported its password. The plugin takes all memberships
// from a role with each update, and gives it again what it knows that it had: that is what
// was read at the import, if the program leaves it alone.
func (p *plugin) updateRole(name, password string, ignored []string) error {
	statements := []string{fmt.Sprintf("ALTER ROLE %s PASSWORD %s", identifier(name), literal(password))}
	if !slices.Contains(ignored, "searchPaths") {
		statements = append(statements, fmt.Sprintf("ALTER ROLE %s RESET search_path", identifier(name)))
	}
	memberships, err := p.texts("postgres", "SELECT DISTINCT pg_get_userbyid(roleid) FROM pg_auth_members WHERE pg_get_userbyid(member) = $1", name)
	if err != nil {
		return err
	}
	for _, role := range memberships {
		statements = append(statements, fmt.Sprintf("REVOKE %s FROM %s", identifier(role), identifier(name)))
		if slices.Contains(ignored, "roles") {
			statements = append(statements, fmt.Sprintf("GRANT %s TO %s", identifier(role), identifier(name)))
		}
	}
	return p.do(master, masterPassword, "postgres", statements...)
}

// texts reads the texts of a query's only column as the master user.
func (p *plugin) texts(database, query string, arguments ...any) (found []string, err error) {
	connection, err := p.connect(master, masterPassword, database)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, connection.Close(context.Background())) }()
	rows, err := connection.Query(context.Background(), query, arguments...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// grant takes all privileges from a role, then gives it those that are wanted. It borrows
// the owner of a schema, and none for a database.
func (p *plugin) grant(o *object) error {
	role, target := identifier(o.text("role")), "DATABASE "+identifier(o.text("database"))
	if o.text("role") == "public" {
		role = "PUBLIC"
	}
	var owners []string
	if o.text("objectType") == "schema" {
		target = "SCHEMA " + identifier(o.text("schema"))
		owner, err := p.schemaOwner(o.text("database"), o.text("schema"))
		if err != nil {
			return err
		}
		owners = []string{owner}
	}
	return p.together(o.text("database"), owners, func(do func(string) error) error {
		if err := do("REVOKE ALL PRIVILEGES ON " + target + " FROM " + role); err != nil {
			return err
		}
		privileges := texts(o.inputs["privileges"])
		if len(privileges) == 0 {
			return nil
		}
		return do("GRANT " + strings.Join(privileges, ",") + " ON " + target + " TO " + role)
	})
}

func texts(list any) (found []string) {
	elements, _ := list.([]any)
	for _, element := range elements {
		found = append(found, fmt.Sprint(element))
	}
	return found
}

// schemaOwner is the role that owns a schema; what belongs to pg_database_owner belongs to
// the owner of the database.
func (p *plugin) schemaOwner(database, schema string) (string, error) {
	owners, err := p.texts(database, `SELECT CASE n.nspowner::regrole::text WHEN 'pg_database_owner'
		THEN pg_get_userbyid(d.datdba) ELSE pg_get_userbyid(n.nspowner) END
		FROM pg_namespace n, pg_database d WHERE n.nspname = $1 AND d.datname = current_database()`, schema)
	if err == nil && len(owners) == 0 {
		err = fmt.Errorf("there is no schema %s in %s", schema, database)
	}
	if err != nil {
		return "", err
	}
	return owners[0], nil
}

// together is borrowing in one transaction: what is taken away and given again is never
// missed by others.
func (p *plugin) together(database string, roles []string, work func(do func(string) error) error) error {
	return p.lend(database, roles, true, work)
}

// borrowing makes the master user a member of roles while something is done, where it is
// none that may become them.
func (p *plugin) borrowing(database string, roles []string, work func(do func(string) error) error) error {
	return p.lend(database, roles, false, work)
}

func (p *plugin) lend(database string, roles []string, transaction bool, work func(do func(string) error) error) (err error) {
	connection, err := p.connect(master, masterPassword, database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connection.Close(context.Background())) }()
	do := func(statement string) error {
		if _, err := connection.Exec(context.Background(), statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
		return nil
	}
	if transaction {
		if err := do("BEGIN"); err != nil {
			return err
		}
		defer func() {
			if err == nil {
				err = do("COMMIT")
			} // else it ends with the connection
		}()
	}
	for _, role := range roles {
		member, err := p.isMember(connection, role)
		if err != nil {
			return err
		}
		if member || role == master {
			continue
		}
		if err := do("GRANT " + identifier(role) + " TO " + master); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, do("REVOKE "+identifier(role)+" FROM "+master)) }()
	}
	return work(do)
}

// isMember tells whether the master user may become a role.
func (p *plugin) isMember(connection *pgx.Conn, role string) (member bool, err error) {
	query := "SELECT EXISTS (SELECT FROM pg_auth_members WHERE pg_get_userbyid(roleid) = $1 AND pg_get_userbyid(member) = $2"
	if p.major >= 16 {
		query += " AND set_option"
	}
	err = connection.QueryRow(context.Background(), query+")", role, master).Scan(&member)
	return member, err
}

// destroy deletes all that was made, the last first; what goes with something else that
// goes is left to it.
func (p *plugin) destroy() error {
	for _, o := range slices.Backward(p.made) {
		if o.deletedWith != "" {
			continue // all of it goes
		}
		if err := p.delete(o); err != nil {
			return fmt.Errorf("delete %s %s: %w", o.kind, o.name, err)
		}
	}
	p.made = nil
	return nil
}

func (p *plugin) delete(o object) error {
	switch o.kind {
	case "Role":
		role := identifier(o.text("name"))
		if err := p.together("postgres", []string{o.text("name")}, func(do func(string) error) error {
			return errors.Join(do("REASSIGN OWNED BY "+role+" TO "+master), do("DROP OWNED BY "+role))
		}); err != nil {
			return err
		}
		return p.do(master, masterPassword, "postgres", "DROP ROLE "+role)
	case "Database":
		return p.borrowing("postgres", []string{o.text("owner")}, func(do func(string) error) error {
			return do("DROP DATABASE " + identifier(o.text("name")) + " WITH (FORCE)")
		})
	case "GrantRole":
		return p.do(master, masterPassword, "postgres", fmt.Sprintf("REVOKE %s FROM %s", identifier(o.text("grantRole")), identifier(o.text("role"))))
	case "Schema":
		return p.together(o.text("database"), []string{o.text("owner")}, func(do func(string) error) error {
			return do("DROP SCHEMA " + identifier(o.text("name")) + " RESTRICT")
		})
	case "Extension":
		return p.do(master, masterPassword, o.text("database"), "DROP EXTENSION "+identifier(o.text("name"))+" RESTRICT")
	}
	return fmt.Errorf("the plugin that stands in does not delete %s", o.kind)
}
