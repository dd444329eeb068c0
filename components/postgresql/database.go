package postgresql

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-postgresql/sdk/v3/go/postgresql"
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components"
)

// PasswordLength is how many characters a generated password has.
const PasswordLength = 36

// DatabaseArgs says what a Database is. Name is required.
type DatabaseArgs struct {
	// Name is that of the database.
	Name string
	// Role is that of its owner, which may log in; Name if "".
	Role string
	// Password is the role's; generated if nil, of characters that a URL takes as
	// they are.
	Password pulumi.StringInput
	// PasswordName is the logical name of the generated password; {name}-pw if "".
	PasswordName string
	// Admin is the provider's user, unless that is a superuser: it becomes a member of the
	// role, without which it could not do in the database what its owner does.
	Admin string
	// Extensions are installed in the database, in the order given. Of what PostgreSQL does
	// not trust, the provider's user must be allowed to.
	Extensions []string
	// Schemas are made in the database and owned by the role.
	Schemas []string
	// Protect makes Pulumi refuse to delete the database, its schemas and extensions.
	Protect bool
	// ImportRole and ImportDatabase say that the role or the database is there, and is taken
	// over: the role gets the password, the database its owner. What is in it stays.
	ImportRole, ImportDatabase bool
}

// Database is a database of its own with the role that owns it.
type Database struct {
	pulumi.ResourceState

	Name     pulumi.StringOutput `pulumi:"name"`
	Role     pulumi.StringOutput `pulumi:"role"`
	Password pulumi.StringOutput `pulumi:"password"` // secret
	GrantID  pulumi.StringOutput `pulumi:"grantId"`
}

// NewDatabase makes a Database; its parts are called {name}-role, {name}-member, {name}-db,
// {name}-grant, {name}-owner-grant and {name}-public-grant. The role may use schema public
// and create in it, which since version 15 not everybody may. Nobody else may connect to
// the database but members of the role, and whom somebody else allows to.
//
// It is an error if the name is missing.
//
// (docs/reference/aws-workload-base.md 8.2, 9; docs/reference/aws-control-room.md 8;
// docs/reference/real-plugins.md 3)
func NewDatabase(ctx *pulumi.Context, name string, args *DatabaseArgs, opts ...pulumi.ResourceOption) (*Database, error) {
	if args == nil || args.Name == "" {
		return nil, errors.New("database " + name + ": a name is required")
	}
	made := &Database{}
	err := components.Register(ctx, "ptd:postgresql:Database", name, made, func(child pulumi.ResourceOption) error {
		password, err := databasePassword(ctx, name, args, child)
		if err != nil {
			return err
		}
		role, err := postgresql.NewRole(ctx, name+"-role", &postgresql.RoleArgs{
			Name: pulumi.String(cmp.Or(args.Role, args.Name)), Login: pulumi.Bool(true), Password: password,
		}, child, importing(args.ImportRole, cmp.Or(args.Role, args.Name)), pulumi.IgnoreChanges(leftAlone))
		if err != nil {
			return err
		}
		before := []pulumi.Resource{role}
		if args.Admin != "" {
			member, err := newMember(ctx, name, args.Admin, role, child)
			if err != nil {
				return err
			}
			before = append(before, member)
		}
		database, err := postgresql.NewDatabase(ctx, name+"-db", &postgresql.DatabaseArgs{
			Name: pulumi.String(args.Name), Owner: role.Name,
		}, child, pulumi.DependsOn(before), pulumi.Protect(args.Protect), importing(args.ImportDatabase, args.Name),
			pulumi.IgnoreChanges([]string{"connectionLimit"}))
		if err != nil {
			return err
		}
		// The server drops what is in a database with it, and a schema or an extension that is
		// used only so. A grant is never taken back: who keeps the database keeps its product.
		inside := pulumi.Composite(child, pulumi.DependsOn(append(before, database)), pulumi.DeletedWith(database))
		grant, err := newGrants(ctx, name, database, role, pulumi.Composite(inside, pulumi.RetainOnDelete(true)))
		if err != nil {
			return err
		}
		if err := fillDatabase(ctx, name, args, database, role, pulumi.Composite(inside, pulumi.Protect(args.Protect))); err != nil {
			return err
		}
		made.Name, made.Role, made.Password = database.Name, role.Name, password
		made.GrantID = grant.ID().ToStringOutput()
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

func databasePassword(ctx *pulumi.Context, name string, args *DatabaseArgs, child pulumi.ResourceOption) (pulumi.StringOutput, error) {
	if args.Password != nil {
		return pulumi.ToSecret(args.Password.ToStringOutput()).(pulumi.StringOutput), nil
	}
	password, err := random.NewRandomPassword(ctx, cmp.Or(args.PasswordName, name+"-pw"), &random.RandomPasswordArgs{
		Length: pulumi.Int(PasswordLength), Special: pulumi.Bool(true), OverrideSpecial: pulumi.String("-_"),
	}, child)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	return pulumi.ToSecret(password.Result).(pulumi.StringOutput), nil
}

// leftAlone is what others may have set of a role, and a default would take back: the
// plugin does so with each change of the role, also of one that is taken over.
var leftAlone = []string{
	"assumeRole", "bypassRowLevelSecurity", "connectionLimit", "idleInTransactionSessionTimeout", "roles", "searchPaths",
	"statementTimeout", "validUntil",
}

// importing takes over what has an id, if it is there.
func importing(there bool, id string) pulumi.ResourceOption {
	if !there {
		return pulumi.Composite()
	}
	return pulumi.Import(pulumi.ID(id))
}

// newMember makes the provider's user a member of the role. Since PostgreSQL 16 who has
// made a role is a member of it by somebody else's grant, with the admin option, and the
// plugin cannot tell that from its own.
func newMember(ctx *pulumi.Context, name, admin string, role *postgresql.Role, child pulumi.ResourceOption) (pulumi.Resource, error) {
	return postgresql.NewGrantRole(ctx, name+"-member", &postgresql.GrantRoleArgs{
		Role: pulumi.String(admin), GrantRole: role.Name,
	}, child, pulumi.DependsOn([]pulumi.Resource{role}), pulumi.IgnoreChanges([]string{"withAdminOption"}))
}

// newGrants gives the role what an owner has, then takes from everybody what everybody has,
// and returns the grant on schema public.
func newGrants(
	ctx *pulumi.Context, name string, database *postgresql.Database, role *postgresql.Role, inside pulumi.ResourceOption,
) (*postgresql.Grant, error) {
	owner, err := postgresql.NewGrant(ctx, name+"-owner-grant", &postgresql.GrantArgs{
		Database: database.Name, Role: role.Name, ObjectType: pulumi.String("database"),
		Privileges: pulumi.ToStringArray([]string{"CONNECT", "CREATE", "TEMPORARY"}),
	}, inside)
	if err != nil {
		return nil, err
	}
	if _, err := postgresql.NewGrant(ctx, name+"-public-grant", &postgresql.GrantArgs{
		Database: database.Name, Role: pulumi.String("public"), ObjectType: pulumi.String("database"),
		Privileges: pulumi.StringArray{},
	}, inside, pulumi.DependsOn([]pulumi.Resource{owner})); err != nil {
		return nil, err
	}
	return postgresql.NewGrant(ctx, name+"-grant", &postgresql.GrantArgs{
		Database: database.Name, Role: role.Name,
		Schema: pulumi.String("public"), ObjectType: pulumi.String("schema"),
		Privileges: pulumi.ToStringArray([]string{"CREATE", "USAGE"}),
	}, inside)
}

// fillDatabase makes extensions, one after the other because one may need another, and
// schemas.
func fillDatabase(
	ctx *pulumi.Context, name string, args *DatabaseArgs,
	database *postgresql.Database, role *postgresql.Role, inside pulumi.ResourceOption,
) error {
	var before []pulumi.Resource
	for _, extension := range args.Extensions {
		made, err := postgresql.NewExtension(ctx, fmt.Sprintf("%s-extension-%s", name, extension), &postgresql.ExtensionArgs{
			Database: database.Name, Name: pulumi.String(extension),
		}, inside, pulumi.DependsOn(before))
		if err != nil {
			return err
		}
		before = []pulumi.Resource{made}
	}
	for _, schema := range args.Schemas {
		if _, err := postgresql.NewSchema(ctx, fmt.Sprintf("%s-schema-%s", name, schema), &postgresql.SchemaArgs{
			Database: database.Name, Name: pulumi.String(schema), Owner: role.Name,
		}, inside); err != nil {
			return err
		}
	}
	return nil
}
