package postgresql

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-postgresql/sdk/v3/go/postgresql"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

const (
	passwordType  = "random:index/randomPassword:RandomPassword"
	roleType      = "postgresql:index/role:Role"
	databaseType  = "postgresql:index/database:Database"
	grantType     = "postgresql:index/grant:Grant"
	memberType    = "postgresql:index/grantRole:GrantRole"
	extensionType = "postgresql:index/extension:Extension"
	schemaType    = "postgresql:index/schema:Schema"
)

// exec runs the program against a new recorder.
func exec(program pulumi.RunFunc) (*componenttest.Recorder, error) {
	r := componenttest.New()
	return r, r.Exec(program)
}

// inputs are those of a registration as plain values; a secret is "[secret]".
func inputs(t *testing.T, r *componenttest.Recorder, typ, name string) map[string]any {
	t.Helper()
	made := r.Find(t, typ, name)
	plain := made.Args()
	for key, value := range made.Inputs {
		if value.IsSecret() {
			plain[string(key)] = "[secret]"
		}
	}
	return plain
}

// labels lists what was registered, sorted.
func labels(r *componenttest.Recorder) []string {
	var found []string
	for _, made := range r.All("") {
		found = append(found, made.Type+" "+made.Name)
	}
	slices.Sort(found)
	return found
}

func TestDatabase(t *testing.T) {
	t.Parallel()
	r, err := exec(func(ctx *pulumi.Context) error {
		server, err := postgresql.NewProvider(ctx, "demo01-staging-postgres-provider", &postgresql.ProviderArgs{})
		if err != nil {
			return err
		}
		database, err := NewDatabase(ctx, "demo01-staging-grafana", &DatabaseArgs{
			Name: "grafana-demo01-staging", PasswordName: "demo01-staging-db-grafana-pw", Admin: "postgres", Protect: true,
		}, pulumi.Providers(server))
		if err != nil {
			return err
		}
		want := map[string]componenttest.Awaited{
			"name": {Value: "grafana-demo01-staging", Known: true}, "role": {Value: "grafana-demo01-staging", Known: true},
			"password": {Value: "mock-password", Known: true, Secret: true}, "grant": {Value: "grant/demo01-staging-grafana-grant", Known: true},
		}
		got := map[string]componenttest.Awaited{
			"name": componenttest.Await(ctx, database.Name), "role": componenttest.Await(ctx, database.Role),
			"password": componenttest.Await(ctx, database.Password), "grant": componenttest.Await(ctx, database.GrantID),
		}
		assert.Equal(t, want, got, "outputs")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Golden(t, "database")
	for label, want := range map[[2]string]map[string]any{
		{passwordType, "demo01-staging-db-grafana-pw"}: {"length": 36.0, "special": true, "overrideSpecial": "-_"},
		{roleType, "demo01-staging-grafana-role"}:      {"name": "grafana-demo01-staging", "login": true, "password": "[secret]"},
		{databaseType, "demo01-staging-grafana-db"}:    {"name": "grafana-demo01-staging", "owner": "grafana-demo01-staging"},
		{grantType, "demo01-staging-grafana-grant"}: {
			"database": "grafana-demo01-staging", "role": "grafana-demo01-staging", "schema": "public", "objectType": "schema",
			"privileges": []any{"CREATE", "USAGE"},
		},
		{memberType, "demo01-staging-grafana-member"}: {"role": "postgres", "grantRole": "grafana-demo01-staging"},
		{grantType, "demo01-staging-grafana-owner-grant"}: {
			"database": "grafana-demo01-staging", "role": "grafana-demo01-staging", "objectType": "database",
			"privileges": []any{"CONNECT", "CREATE", "TEMPORARY"},
		},
		{grantType, "demo01-staging-grafana-public-grant"}: {
			"database": "grafana-demo01-staging", "role": "public", "objectType": "database", "privileges": []any{},
		},
	} {
		assert.Equal(t, want, inputs(t, r, label[0], label[1]), "inputs of %v", label)
	}
}

func TestDatabaseOptions(t *testing.T) {
	t.Parallel()
	r, err := exec(func(ctx *pulumi.Context) error {
		database, err := NewDatabase(ctx, "connect", &DatabaseArgs{
			Name: "main_connect", Role: "connect_owner", Password: pulumi.String("given"),
			Extensions: []string{"pg_trgm", "citext"}, Schemas: []string{"connect", "instrumentation"},
		})
		if err != nil {
			return err
		}
		assert.Equal(t, componenttest.Awaited{Value: "given", Known: true, Secret: true}, componenttest.Await(ctx, database.Password), "password")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Golden(t, "database-options")
	for label, want := range map[[2]string]map[string]any{
		{roleType, "connect-role"}:                     {"name": "connect_owner", "login": true, "password": "[secret]"},
		{databaseType, "connect-db"}:                   {"name": "main_connect", "owner": "connect_owner"},
		{extensionType, "connect-extension-pg_trgm"}:   {"name": "pg_trgm", "database": "main_connect"},
		{extensionType, "connect-extension-citext"}:    {"name": "citext", "database": "main_connect"},
		{schemaType, "connect-schema-connect"}:         {"name": "connect", "database": "main_connect", "owner": "connect_owner"},
		{schemaType, "connect-schema-instrumentation"}: {"name": "instrumentation", "database": "main_connect", "owner": "connect_owner"},
	} {
		assert.Equal(t, want, inputs(t, r, label[0], label[1]), "inputs of %v", label)
	}
}

// A preview registers what a run does. The password is given because the SDK's mocks
// cannot take an input that is both secret and unknown, as a generated one is here.
func TestDatabasePreview(t *testing.T) {
	t.Parallel()
	for _, preview := range []bool{false, true} {
		r := componenttest.New()
		r.Preview = preview
		err := r.Exec(func(ctx *pulumi.Context) error {
			database, err := NewDatabase(ctx, "connect", &DatabaseArgs{
				Name: "main_connect", Password: pulumi.String("given"),
				Extensions: []string{"pg_trgm"}, Schemas: []string{"instrumentation"},
			})
			if err != nil {
				return err
			}
			if grant := componenttest.Await(ctx, database.GrantID); grant.Known == preview {
				t.Errorf("preview %v: grant id known is %v", preview, grant.Known)
			}
			return nil
		})
		if err != nil {
			t.Fatalf("run program (preview %v): %v", preview, err)
		}
		want := []string{
			databaseType + " connect-db", extensionType + " connect-extension-pg_trgm", grantType + " connect-grant",
			grantType + " connect-owner-grant", grantType + " connect-public-grant", roleType + " connect-role", schemaType + " connect-schema-instrumentation", "ptd:postgresql:Database connect",
		}
		assert.Equal(t, want, labels(r), "resources (preview %v)", preview)
	}
}

// The schema and the extension need the database, which needs its owner; all need the
// provider's user to be a member of it. Everybody loses what the owner has been given.
func TestDatabaseOrder(t *testing.T) {
	t.Parallel()
	r, err := exec(func(ctx *pulumi.Context) error {
		_, err := NewDatabase(ctx, "connect", &DatabaseArgs{
			Name: "main_connect", Admin: "postgres", Extensions: []string{"pg_trgm", "citext"}, Schemas: []string{"instrumentation"},
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, made := range r.All("postgresql:") {
		inside := made.Type == schemaType || made.Type == extensionType || made.Type == grantType
		assert.Equal(t, made.Type == grantType, made.Retain, made.Name)
		assert.Equal(t, inside, made.DeletedWith == databaseType+" connect-db", "%s goes with %q", made.Name, made.DeletedWith)
		if made.Type != roleType && made.Type != memberType {
			assert.Contains(t, made.DependsOn, memberType+" connect-member", made.Name)
		}
	}
	for _, test := range [][4]string{
		{memberType, "connect-member", roleType, "connect-role"},
		{extensionType, "connect-extension-citext", extensionType, "connect-extension-pg_trgm"},
		{grantType, "connect-public-grant", grantType, "connect-owner-grant"},
		{databaseType, "connect-db", roleType, "connect-role"},
		{extensionType, "connect-extension-pg_trgm", databaseType, "connect-db"},
		{schemaType, "connect-schema-instrumentation", databaseType, "connect-db"},
		{grantType, "connect-grant", databaseType, "connect-db"},
	} {
		if made := r.Find(t, test[0], test[1]); !slices.Contains(made.DependsOn, test[2]+" "+test[3]) {
			t.Errorf("%s depends on %v, not on %s", test[1], made.DependsOn, test[3])
		}
	}
}

func TestDatabaseGeneratedPasswordName(t *testing.T) {
	t.Parallel()
	r, err := exec(func(ctx *pulumi.Context) error {
		_, err := NewDatabase(ctx, "extra", &DatabaseArgs{Name: "extra"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	inputs(t, r, passwordType, "extra-pw")
}

func TestDatabaseErrors(t *testing.T) {
	t.Parallel()
	for _, args := range []*DatabaseArgs{nil, {Role: "owner"}} {
		_, err := exec(func(ctx *pulumi.Context) error {
			_, err := NewDatabase(ctx, "grafana", args)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "database grafana: a name is required") {
			t.Errorf("database without a name: got error %v", err)
		}
	}
}

// What is there is imported under its own name, what is not is made.
func TestDatabaseImport(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args           DatabaseArgs
		role, database string
	}{
		{DatabaseArgs{Name: "main_connect"}, "", ""},
		{DatabaseArgs{Name: "main_connect", Role: "connect", ImportRole: true}, "connect", ""},
		{DatabaseArgs{Name: "main_connect", ImportRole: true, ImportDatabase: true}, "main_connect", "main_connect"},
	} {
		r, err := exec(func(ctx *pulumi.Context) error {
			_, err := NewDatabase(ctx, "connect", &test.args)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, made := range r.All("postgresql:") {
			want := map[string]string{roleType: test.role, databaseType: test.database}[made.Type]
			assert.Equal(t, want, made.Import, made.Name)
		}
	}
}

func ExampleNewDatabase() {
	program := func(ctx *pulumi.Context) error {
		server, err := postgresql.NewProvider(ctx, "server", &postgresql.ProviderArgs{Host: pulumi.String("db.example.com")})
		if err != nil {
			return err
		}
		grafana, err := NewDatabase(ctx, "demo01-staging-grafana", &DatabaseArgs{
			Name:    "grafana-demo01-staging",
			Admin:   "postgres", // who is no superuser
			Protect: true,
		}, pulumi.Providers(server))
		if err != nil {
			return err
		}
		ctx.Export("grafana_db_name", grafana.Name)
		ctx.Export("db_grafana_pw", grafana.Password) // stays a secret
		return nil
	}
	// In a program of your own: pulumi.Run(program).
	mocks, err := exec(program)
	if err != nil {
		fmt.Println(err)
	}
	for _, label := range labels(mocks) {
		fmt.Println(label)
	}
	// Output:
	// postgresql:index/database:Database demo01-staging-grafana-db
	// postgresql:index/grant:Grant demo01-staging-grafana-grant
	// postgresql:index/grant:Grant demo01-staging-grafana-owner-grant
	// postgresql:index/grant:Grant demo01-staging-grafana-public-grant
	// postgresql:index/grantRole:GrantRole demo01-staging-grafana-member
	// postgresql:index/role:Role demo01-staging-grafana-role
	// ptd:postgresql:Database demo01-staging-grafana
	// pulumi:providers:postgresql server
	// random:index/randomPassword:RandomPassword demo01-staging-grafana-pw
}
