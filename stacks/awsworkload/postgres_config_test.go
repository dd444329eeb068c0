package awsworkload

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/workload/database"
)

func postgresIn(workload *config.AWSWorkload) PostgresConfigIn {
	passwords := map[string]map[string]pulumi.StringInput{}
	for site := range workload.Sites {
		passwords[site] = map[string]pulumi.StringInput{}
		for _, key := range config.DatabasePasswordKeys() {
			passwords[site][key] = pulumi.ToSecret(pulumi.String(secretValue + key)).(pulumi.StringOutput)
		}
	}
	return PostgresConfigIn{
		Config: workload, TargetName: workload.Name, Persistent: &PersistentOutputs{DBAddress: constant("db.example")},
		MasterPassword: pulumi.String(secretValue), Products: true, SitePasswords: passwords,
	}
}

func runPostgresConfig(r *componenttest.Recorder, in PostgresConfigIn) (*PostgresConfigOutputs, error) {
	var outputs *PostgresConfigOutputs
	err := r.Exec(func(ctx *pulumi.Context) (err error) {
		outputs, err = PostgresConfig(ctx, in)
		return err
	})
	return outputs, err
}

func TestPostgresConfigRegistrations(t *testing.T) {
	t.Parallel()
	for _, name := range awsTargets {
		r := newRecorder()
		if _, err := runPostgresConfig(r, postgresIn(load(t, name))); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r.Golden(t, "postgres-config-"+name)
		for _, made := range r.All("") {
			inServer := strings.HasPrefix(made.Type, "postgresql:")
			if inServer && made.Provider != "pulumi:providers:postgresql "+name+"-postgres-provider" {
				t.Errorf("%s %s has the provider %q", made.Type, made.Name, made.Provider)
			}
			holdsData := made.Type == "postgresql:index/database:Database" || made.Type == "postgresql:index/schema:Schema" ||
				made.Type == "postgresql:index/extension:Extension"
			if made.Protect != holdsData {
				t.Errorf("%s %s: protect is %t", made.Type, made.Name, made.Protect)
			}
			if password, ok := made.Inputs["password"]; ok && !password.ContainsSecrets() {
				t.Errorf("%s %s: its password is not secret", made.Type, made.Name)
			}
		}
	}
}

// Eight resources without extra databases, seven more with each
// (docs/reference/aws-workload-base.md 8.3), not counting components and the products of
// sites.
func TestPostgresConfigCounts(t *testing.T) {
	t.Parallel()
	for extra, want := range map[string]int{"": 8, "sol-eng": 15, "sol-eng two": 22} {
		r := newRecorder()
		workload := load(t, "minimal01-staging", func(w *config.AWSWorkload) {
			w.ExtraPostgresDBs = strings.Fields(extra)
		})
		in := postgresIn(workload)
		in.Products = false
		if _, err := runPostgresConfig(r, in); err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, made := range r.All("") {
			if !strings.HasPrefix(made.Type, "ptd:") {
				got++
			}
		}
		if got != want {
			t.Errorf("%d resources with extra databases %q, want %d", got, extra, want)
		}
	}
}

func TestPostgresConfigOutputs(t *testing.T) {
	t.Parallel()
	outputs, err := runPostgresConfig(newRecorder(), postgresIn(load(t, "demo01-staging")))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]resolved{
		"db_grafana_pw":   {secretValue, true, true},
		"grafana_db_name": {"grafana-demo01-staging", true, false},
		"grant_id":        {"grant/demo01-staging-grafana-grant", true, false},
		"sol_eng_pw":      {secretValue, true, true},
	}
	assert.Equal(t, want, resolve(t, outputs), "outputs")
}

func TestPostgresConfigOfSites(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	workload := load(t, "demo01-staging", func(w *config.AWSWorkload) {
		w.Sites["two-words"] = w.Sites["main"]
		w.ExtraPostgresExtensions = []string{"pg_trgm"}
	})
	if _, err := runPostgresConfig(r, postgresIn(workload)); err != nil {
		t.Fatal(err)
	}
	passwords := map[string]string{}
	for _, role := range r.All("postgresql:index/role:Role") {
		passwords[role.Physical()] = strings.TrimPrefix(input(role, "password").(string), secretValue)
	}
	want := map[string]string{"grafana-demo01-staging": "", "sol_eng": ""}
	for _, site := range []string{"main", "analytics", "two_words"} {
		want[site+"_connect"], want[site+"_workbench"] = "pub-db-password", "dev-db-password"
		want[site+"_packagemanager"], want[site+"_keycloak"] = "pkg-db-password", "keycloak-db-password"
	}
	assert.Equal(t, want, passwords, "roles and where their passwords come from")
	schemas := map[string][]string{}
	for _, schema := range r.All("postgresql:index/schema:Schema") {
		database := input(schema, "database").(string)
		if input(schema, "owner") != database {
			t.Errorf("schema %s of %s belongs to %v", schema.Physical(), database, input(schema, "owner"))
		}
		schemas[database] = append(schemas[database], schema.Physical())
	}
	if got := schemas["two_words_packagemanager"]; !slices.Equal(got, []string{"metrics", "pm"}) {
		t.Errorf("schemas of Package Manager %v", got)
	}
	assert.Equal(t, []string{"instrumentation"}, schemas["main_connect"])
	assert.Len(t, schemas, 9)
	extensions := map[string]bool{}
	for _, extension := range r.All("postgresql:index/extension:Extension") {
		extensions[input(extension, "database").(string)] = true
	}
	if got := slices.Sorted(maps.Keys(extensions)); len(got) != len(want) {
		t.Errorf("the extension is in %v, want it in every database", got)
	}
}

func TestPostgresConfigWithoutPasswords(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(map[string]pulumi.StringInput){
		"absent": func(keys map[string]pulumi.StringInput) { delete(keys, "pub-db-password") },
		"empty":  func(keys map[string]pulumi.StringInput) { keys["pub-db-password"] = pulumi.String("") },
	} {
		in := postgresIn(load(t, "demo01-staging"))
		change(in.SitePasswords["main"])
		_, err := runPostgresConfig(newRecorder(), in)
		if err == nil || !strings.Contains(err.Error(), "secret demo01-staging-main.posit.team has no pub-db-password") {
			t.Errorf("%s password: error %v", name, err)
		}
	}
}

// Schemas that site.yaml configures for Connect are there before it is.
func TestPostgresConfigSchemasOfSiteFile(t *testing.T) {
	t.Parallel()
	for want, settings := range map[string]map[string]any{
		"[instrumentation]":         {},
		"[usage]":                   {"instrumentationSchema": "usage"},
		"[connect instrumentation]": {"schema": "connect"},
		"[one]":                     {"schema": "one", "instrumentationSchema": "one"},
		"[]":                        {"schema": "public", "instrumentationSchema": "public"},
	} {
		in := postgresIn(load(t, "minimal01-staging"))
		in.SiteFiles = map[string]*config.SiteFile{"main": {Spec: map[string]any{"connect": map[string]any{"databaseSettings": settings}}}}
		r := newRecorder()
		if _, err := runPostgresConfig(r, in); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, schema := range r.All("postgresql:index/schema:Schema") {
			if input(schema, "database") == "main_connect" {
				got = append(got, schema.Physical())
			}
		}
		slices.Sort(got)
		if fmt.Sprint(got) != want {
			t.Errorf("schemas %v with the settings %v, want %s", got, settings, want)
		}
	}
}

// What the server has and the state does not is imported, whoever it is for, and nothing
// else is; the master user is a member of every role.
func TestPostgresConfigTakesOver(t *testing.T) {
	t.Parallel()
	in := postgresIn(load(t, "demo01-staging"))
	in.There = database.There{Roles: []string{"main_connect", "sol_eng", "unrelated"}, Databases: []string{"main_connect", "postgres"}}
	r := newRecorder()
	if _, err := runPostgresConfig(r, in); err != nil {
		t.Fatal(err)
	}
	imported, members := map[string]string{}, map[string]bool{}
	for _, made := range r.All("") {
		if made.Import != "" {
			imported[made.Type+" "+made.Name] = made.Import
		}
	}
	for _, member := range r.All("postgresql:index/grantRole:GrantRole") {
		assert.Equal(t, "postgres", input(member, "role"))
		members[input(member, "grantRole").(string)] = true
	}
	assert.Equal(t, map[string]string{
		"postgresql:index/role:Role demo01-staging-main-connect-role":       "main_connect",
		"postgresql:index/database:Database demo01-staging-main-connect-db": "main_connect",
		"postgresql:index/role:Role demo01-staging-sol_eng-role":            "sol_eng",
	}, imported)
	for _, role := range r.All("postgresql:index/role:Role") {
		assert.True(t, members[role.Physical()], role.Physical())
	}
}
