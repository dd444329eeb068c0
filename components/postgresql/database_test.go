package postgresql

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-postgresql/sdk/v3/go/postgresql"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
)

var update = flag.Bool("update", false, "rewrite the golden files under testdata")

const (
	passwordType  = "random:index/randomPassword:RandomPassword"
	roleType      = "postgresql:index/role:Role"
	databaseType  = "postgresql:index/database:Database"
	grantType     = "postgresql:index/grant:Grant"
	extensionType = "postgresql:index/extension:Extension"
	schemaType    = "postgresql:index/schema:Schema"
)

// registered is one resource as a program registered it.
type registered struct {
	label, parent, provider string
	dependsOn               []string
	protect                 bool
	inputs                  resource.PropertyMap
}

// recorder is a Pulumi mock that records what is registered.
type recorder struct {
	preview bool // as in a dry run: no ids, no computed outputs

	mu    sync.Mutex
	order []string
	found map[string]registered
}

func (r *recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return nil, fmt.Errorf("unexpected invoke of %s", args.Token)
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	rpc := args.RegisterRPC
	reg := registered{
		label: args.TypeToken + " " + args.Name, parent: label(rpc.GetParent()), protect: rpc.GetProtect(), inputs: args.Inputs,
	}
	if args.Provider != "" {
		reg.provider = label(args.Provider[:strings.LastIndex(args.Provider, "::")]) // the reference ends in "::id"
	}
	for _, urn := range rpc.GetDependencies() {
		reg.dependsOn = append(reg.dependsOn, label(urn))
	}
	slices.Sort(reg.dependsOn)
	reg.dependsOn = slices.Compact(reg.dependsOn)

	state := args.Inputs.Copy()
	if args.TypeToken == passwordType && !r.preview {
		state["result"] = resource.MakeSecret(resource.NewStringProperty("mock-password"))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.found[reg.label] = reg
	r.order = append(r.order, reg.label)
	if r.preview {
		return "", state, nil
	}
	return args.Name + "-id", state, nil
}

func label(urn string) string {
	return string(resource.URN(urn).Type()) + " " + resource.URN(urn).Name()
}

// exec runs the program against a new recorder.
func exec(program pulumi.RunFunc) (*recorder, error) {
	r := &recorder{found: map[string]registered{}}
	return r, r.exec(program)
}

func (r *recorder) exec(program pulumi.RunFunc) error {
	return pulumi.RunErr(program, pulumi.WithMocks("project", "demo01-staging", r),
		func(info *pulumi.RunInfo) { info.DryRun = r.preview })
}

// inputs are those of the registration as plain values; a secret is "[secret]".
func (r *recorder) inputs(t *testing.T, typ, name string) map[string]any {
	t.Helper()
	reg, ok := r.found[typ+" "+name]
	if !ok {
		t.Fatalf("no %s %s registered", typ, name)
	}
	plain := map[string]any{}
	for key, value := range reg.inputs {
		if value.IsSecret() {
			plain[string(key)] = "[secret]"
		} else {
			plain[string(key)] = value.Mappable()
		}
	}
	return plain
}

func (r *recorder) golden(t *testing.T, name string) {
	t.Helper()
	var text strings.Builder
	for _, label := range slices.Sorted(slices.Values(r.order)) {
		reg := r.found[label]
		fmt.Fprintf(&text, "%s\n\tparent: %s\n", label, reg.parent)
		if reg.provider != "" {
			fmt.Fprintf(&text, "\tprovider: %s\n", reg.provider)
		}
		if len(reg.dependsOn) > 0 {
			fmt.Fprintf(&text, "\tdepends on: %s\n", strings.Join(reg.dependsOn, ", "))
		}
		if reg.protect {
			text.WriteString("\tprotect\n")
		}
	}
	path := "testdata/" + name + ".golden"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("read golden file (run with -update to write it): %v", err)
	}
	if diff := cmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("registrations differ from %s (-want +got):\n%s", path, diff)
	}
}

// output is what an output came to.
type output struct {
	Value  any
	Secret bool
}

func await(ctx *pulumi.Context, o pulumi.Output) output {
	result, err := internals.UnsafeAwaitOutput(ctx.Context(), o)
	if err != nil {
		return output{Value: err}
	}
	return output{Value: result.Value, Secret: result.Secret}
}

func TestDatabase(t *testing.T) {
	t.Parallel()
	r, err := exec(func(ctx *pulumi.Context) error {
		server, err := postgresql.NewProvider(ctx, "demo01-staging-postgres-provider", &postgresql.ProviderArgs{})
		if err != nil {
			return err
		}
		database, err := NewDatabase(ctx, "demo01-staging-grafana", &DatabaseArgs{
			Name: "grafana-demo01-staging", PasswordName: "demo01-staging-db-grafana-pw", Protect: true,
		}, pulumi.Providers(server))
		if err != nil {
			return err
		}
		want := map[string]output{
			"name": {"grafana-demo01-staging", false}, "role": {"grafana-demo01-staging", false},
			"password": {"mock-password", true}, "grant": {"demo01-staging-grafana-grant-id", false},
		}
		got := map[string]output{
			"name": await(ctx, database.Name), "role": await(ctx, database.Role),
			"password": await(ctx, database.Password), "grant": await(ctx, database.GrantID),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("outputs (-want +got):\n%s", diff)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r.golden(t, "database")
	for label, want := range map[[2]string]map[string]any{
		{passwordType, "demo01-staging-db-grafana-pw"}: {"length": 36.0, "special": true, "overrideSpecial": "-_"},
		{roleType, "demo01-staging-grafana-role"}:      {"name": "grafana-demo01-staging", "login": true, "password": "[secret]"},
		{databaseType, "demo01-staging-grafana-db"}:    {"name": "grafana-demo01-staging", "owner": "grafana-demo01-staging"},
		{grantType, "demo01-staging-grafana-grant"}: {
			"database": "grafana-demo01-staging", "role": "grafana-demo01-staging", "schema": "public", "objectType": "schema",
			"privileges": []any{"CREATE", "USAGE"},
		},
	} {
		if diff := cmp.Diff(want, r.inputs(t, label[0], label[1])); diff != "" {
			t.Errorf("inputs of %v (-want +got):\n%s", label, diff)
		}
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
		if diff := cmp.Diff(output{"given", true}, await(ctx, database.Password)); diff != "" {
			t.Errorf("password (-want +got):\n%s", diff)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r.golden(t, "database-options")
	for label, want := range map[[2]string]map[string]any{
		{roleType, "connect-role"}:                     {"name": "connect_owner", "login": true, "password": "[secret]"},
		{databaseType, "connect-db"}:                   {"name": "main_connect", "owner": "connect_owner"},
		{extensionType, "connect-extension-pg_trgm"}:   {"name": "pg_trgm", "database": "main_connect"},
		{extensionType, "connect-extension-citext"}:    {"name": "citext", "database": "main_connect"},
		{schemaType, "connect-schema-connect"}:         {"name": "connect", "database": "main_connect", "owner": "connect_owner"},
		{schemaType, "connect-schema-instrumentation"}: {"name": "instrumentation", "database": "main_connect", "owner": "connect_owner"},
	} {
		if diff := cmp.Diff(want, r.inputs(t, label[0], label[1])); diff != "" {
			t.Errorf("inputs of %v (-want +got):\n%s", label, diff)
		}
	}
}

// A preview registers what a run does. The password is given because the SDK's mocks
// cannot take an input that is both secret and unknown, as a generated one is here.
func TestDatabasePreview(t *testing.T) {
	t.Parallel()
	labels := func(preview bool) []string {
		r := &recorder{found: map[string]registered{}, preview: preview}
		err := r.exec(func(ctx *pulumi.Context) error {
			database, err := NewDatabase(ctx, "connect", &DatabaseArgs{
				Name: "main_connect", Password: pulumi.String("given"),
				Extensions: []string{"pg_trgm"}, Schemas: []string{"instrumentation"},
			})
			if err != nil {
				return err
			}
			grant, err := internals.UnsafeAwaitOutput(ctx.Context(), database.GrantID)
			if err != nil {
				return err
			}
			if grant.Known == preview {
				t.Errorf("preview %v: grant id known is %v", preview, grant.Known)
			}
			return nil
		})
		if err != nil {
			t.Fatalf("run program (preview %v): %v", preview, err)
		}
		return slices.Sorted(slices.Values(r.order))
	}
	if diff := cmp.Diff(labels(false), labels(true)); diff != "" {
		t.Errorf("resources (-run +preview):\n%s", diff)
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
	r.inputs(t, passwordType, "extra-pw")
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

func ExampleNewDatabase() {
	program := func(ctx *pulumi.Context) error {
		server, err := postgresql.NewProvider(ctx, "server", &postgresql.ProviderArgs{Host: pulumi.String("db.example.com")})
		if err != nil {
			return err
		}
		grafana, err := NewDatabase(ctx, "demo01-staging-grafana", &DatabaseArgs{
			Name:    "grafana-demo01-staging",
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
	for _, label := range slices.Sorted(slices.Values(mocks.order)) {
		fmt.Println(label)
	}
	// Output:
	// postgresql:index/database:Database demo01-staging-grafana-db
	// postgresql:index/grant:Grant demo01-staging-grafana-grant
	// postgresql:index/role:Role demo01-staging-grafana-role
	// ptd:postgresql:Database demo01-staging-grafana
	// pulumi:providers:postgresql server
	// random:index/randomPassword:RandomPassword demo01-staging-grafana-pw
}
