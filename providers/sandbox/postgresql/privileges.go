package postgresql

import (
	"fmt"
	"maps"
	"slices"

	"github.com/ptd-go/ptd/providers/sandbox"
)

// The privileges on a database, and the role that everybody is.
const (
	mayConnect = "CONNECT"
	mayCreate  = "CREATE"
	mayUse     = "TEMPORARY"
	everybody  = "public"
)

// server is a database server with what was made on it. The cloud is locked.
type server struct {
	*sandbox.Database
	cloud *sandbox.Cloud
}

// serverOf is the server that an operation is logged in to, as its first user.
func serverOf(o *sandbox.Operation) server { return server{o.Cloud.Database(o.Account), o.Cloud} }

// of lists the objects of a type on the server.
func (s server) of(typ string) []*sandbox.Object {
	return slices.DeleteFunc(s.cloud.OfType(typ), func(object *sandbox.Object) bool { return object.Account != s.Address })
}

// owner is the role that a database belongs to: whoever made it, unless it says otherwise.
func (s server) owner(database string) string {
	for _, object := range s.of(databaseType) {
		if owner := object.String("owner"); object.String("name") == database && owner != "" {
			return owner
		}
	}
	return s.Username
}

// inherits tells whether a role has all that another one has. That a user has made a role
// is not enough: it may make itself a member, and is none before.
// (PostgreSQL's CREATE ROLE; docs/reference/real-plugins.md 3)
func (s server) inherits(role, other string) bool {
	return role == other || slices.ContainsFunc(s.of(grantRoleType), func(member *sandbox.Object) bool {
		return member.String("role") == role && member.String("grantRole") != role && s.inherits(member.String("grantRole"), other)
	})
}

// privileges are those on a database, by role. What a grant was read back as is what it did.
func (s server) privileges(database string) map[string][]string {
	by := map[string][]string{
		everybody:         {mayConnect, mayUse}, // until somebody revokes it
		s.owner(database): {mayConnect, mayCreate, mayUse},
	}
	for _, grant := range s.of(grantType) {
		if grant.String("objectType") != "database" || grant.String("database") != database {
			continue
		}
		var granted []string
		given, _ := grant.Get("privileges").([]any)
		for _, privilege := range given {
			if privilege == "ALL" {
				granted = append(granted, mayConnect, mayCreate, mayUse)
			} else if text, ok := privilege.(string); ok {
				granted = append(granted, text)
			}
		}
		by[grant.String("role")] = granted
	}
	return by
}

// may tells whether a role has a privilege on a database, of its own or by inheritance.
func (s server) may(role, privilege, database string) bool {
	for other, privileges := range s.privileges(database) {
		if slices.Contains(privileges, privilege) && (other == everybody || s.inherits(role, other)) {
			return true
		}
	}
	return false
}

// connecting are the roles that have the privilege to connect to a database, sorted.
func (s server) connecting(database string) []string {
	by := s.privileges(database)
	maps.DeleteFunc(by, func(_ string, privileges []string) bool { return !slices.Contains(privileges, mayConnect) })
	return slices.Sorted(maps.Keys(by))
}

// enter connects to a database, as the plugin does for all that is in one.
func (s server) enter(database string) error {
	if s.may(s.Username, mayConnect, database) {
		return nil
	}
	return fmt.Errorf("error connecting to PostgreSQL server %s: pq: permission denied for database %q", s.Address, database)
}

// within is the Create of a type that is in a database.
func within(create func(*sandbox.Operation) error) func(*sandbox.Operation) error {
	return func(o *sandbox.Operation) error {
		if database, ok := o.Inputs.Text("database"); ok {
			if err := serverOf(o).enter(database); err != nil {
				return err
			}
		}
		return create(o)
	}
}

// grant does what a grant of the plugin does. Privileges on a database are granted and
// revoked by its owner or who inherits from that; of anybody else the server takes the
// statements, warns, and changes nothing, and the plugin says that it is done. It reads
// back how things are, which the next run finds to differ.
// (the plugin's resource_postgresql_grant.go: getRolesToGrant borrows no owner for a
// database; docs/reference/real-plugins.md 3)
func grant(o *sandbox.Operation) error {
	delete(o.Outputs, "privileges")
	database, _ := o.Inputs.Text("database")
	role, _ := o.Inputs.Text("role")
	s := serverOf(o)
	if kind, _ := o.Inputs.Text("objectType"); kind != "database" || s.inherits(s.Username, s.owner(database)) {
		return nil
	}
	unchanged := []any{}
	for _, privilege := range s.privileges(database)[role] {
		unchanged = append(unchanged, privilege)
	}
	o.Outputs["privileges"] = unchanged
	return nil
}

// join makes a role a member of another. Who makes itself a member of a role that it has
// made is one twice since PostgreSQL 16: by the superuser, with the admin option, and by
// itself, without. The plugin reads back the first that it finds.
// (the plugin's resource_postgresql_grant_role.go; docs/reference/real-plugins.md 3)
func join(o *sandbox.Operation) error {
	role, _ := o.Inputs.Text("role")
	of, _ := o.Inputs.Text("grantRole")
	admin, _ := o.Inputs["withAdminOption"].(bool)
	o.ID = fmt.Sprintf("%s_%s_%t", role, of, admin)
	s := serverOf(o)
	if s.inherits(of, role) {
		return fmt.Errorf("could not execute grant query: pq: role %q is a member of role %q", of, role)
	}
	if s.Major < 16 || role != s.Username || slices.Contains(s.Roles, of) {
		return nil
	}
	if admin {
		return fmt.Errorf("could not execute grant query: pq: ADMIN option cannot be granted back to your own grantor")
	}
	o.Outputs["withAdminOption"] = true
	return nil
}

// dropped is the Delete of a database: what is in it goes with it.
func dropped(o *sandbox.Operation) error {
	s := serverOf(o)
	for _, typ := range []string{schemaType, extensionType, grantType} {
		for _, object := range s.of(typ) {
			if object.String("database") == o.ID {
				if err := o.Cloud.Remove(object.Key()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
