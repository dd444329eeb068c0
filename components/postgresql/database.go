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
	// Extensions are installed in the database, in the order given. The provider's
	// user must be allowed to.
	Extensions []string
	// Schemas are made in the database and owned by the role.
	Schemas []string
	// Protect makes Pulumi refuse to delete the database and its schemas.
	Protect bool
}

// Database is a database of its own with the role that owns it.
type Database struct {
	pulumi.ResourceState

	Name     pulumi.StringOutput `pulumi:"name"`
	Role     pulumi.StringOutput `pulumi:"role"`
	Password pulumi.StringOutput `pulumi:"password"` // secret
	GrantID  pulumi.StringOutput `pulumi:"grantId"`
}

// NewDatabase makes a Database; its parts are called {name}-role, {name}-db and
// {name}-grant. The role may use schema public and create in it, which since version 15
// not everybody may.
//
// It is an error if the name is missing.
//
// (docs/reference/aws-workload-base.md 8.2, 9; docs/reference/aws-control-room.md 8)
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
		}, child)
		if err != nil {
			return err
		}
		database, err := postgresql.NewDatabase(ctx, name+"-db", &postgresql.DatabaseArgs{
			Name: pulumi.String(args.Name), Owner: role.Name,
		}, child, pulumi.DependsOn([]pulumi.Resource{role}), pulumi.Protect(args.Protect))
		if err != nil {
			return err
		}
		grant, err := postgresql.NewGrant(ctx, name+"-grant", &postgresql.GrantArgs{
			Database: database.Name, Role: role.Name,
			Schema: pulumi.String("public"), ObjectType: pulumi.String("schema"),
			Privileges: pulumi.ToStringArray([]string{"CREATE", "USAGE"}),
		}, child, pulumi.DependsOn([]pulumi.Resource{database, role}))
		if err != nil {
			return err
		}
		if err := fillDatabase(ctx, name, args, database, role, child); err != nil {
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

// fillDatabase makes extensions, one after the other because one may need another, and
// schemas.
func fillDatabase(
	ctx *pulumi.Context, name string, args *DatabaseArgs,
	database *postgresql.Database, role *postgresql.Role, child pulumi.ResourceOption,
) error {
	before := []pulumi.Resource{database}
	for _, extension := range args.Extensions {
		made, err := postgresql.NewExtension(ctx, fmt.Sprintf("%s-extension-%s", name, extension), &postgresql.ExtensionArgs{
			Database: database.Name, Name: pulumi.String(extension),
		}, child, pulumi.DependsOn(before))
		if err != nil {
			return err
		}
		before = []pulumi.Resource{made}
	}
	for _, schema := range args.Schemas {
		if _, err := postgresql.NewSchema(ctx, fmt.Sprintf("%s-schema-%s", name, schema), &postgresql.SchemaArgs{
			Database: database.Name, Name: pulumi.String(schema), Owner: role.Name,
		}, child, pulumi.Protect(args.Protect)); err != nil {
			return err
		}
	}
	return nil
}
