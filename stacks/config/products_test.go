package config

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The table says of every product what the definition of a Site and the sheets say.
func TestProducts(t *testing.T) {
	t.Parallel()
	keys := map[string]string{}
	for _, product := range Products() {
		assert.Contains(t, siteSpecSchema().Properties, product.Key)
		if served := siteSpecSchema().Properties[product.Key].Properties["domainPrefix"] != nil; product.Served {
			assert.True(t, served, product.Key)
		}
		passwords := 0
		for key, first := range product.Secrets {
			assert.Empty(t, keys[key], "%s is a key of two products", key)
			keys[key] = product.Name
			if first == DatabasePassword {
				passwords++
			}
		}
		assert.LessOrEqual(t, passwords, 1, product.Name)
	}
	assert.Len(t, keys, 18)

	databases := map[string]string{}
	for _, product := range DatabaseProducts() {
		databases[product.Database("two-words")] = product.PasswordKey()
	}
	assert.Equal(t, map[string]string{
		"two_words_connect": "pub-db-password", "two_words_workbench": "dev-db-password",
		"two_words_packagemanager": "pkg-db-password", "two_words_keycloak": "keycloak-db-password",
	}, databases)
	served := map[string]string{}
	for _, product := range ServedProducts() {
		served[product.Key] = product.Name + ".d.example"
	}
	assert.Equal(t, []string{"connect", "packageManager", "workbench"}, slices.Sorted(maps.Keys(served)))
	assert.Equal(t, served, emptySiteFile("main").Hosts("d.example"))
}

func TestWorkloadRunsKeycloak(t *testing.T) {
	t.Parallel()
	for _, enabled := range []bool{false, true} {
		for _, product := range Products() {
			w := &AWSWorkload{KeycloakEnabled: enabled}
			assert.Equal(t, enabled || product.Name != "keycloak", w.Runs(product), product.Name)
		}
	}
}

func TestSchemasOfAProduct(t *testing.T) {
	t.Parallel()
	connect := Products()[0]
	for text, want := range map[string][]string{
		"spec: {}": {"instrumentation"},
		"spec: {connect: {databaseSettings: {schema: connect}}}":                                    {"instrumentation", "connect"},
		"spec: {connect: {databaseSettings: {instrumentationSchema: usage, schema: public}}}":       {"usage"},
		"spec: {connect: {databaseSettings: {instrumentationSchema: public}}}":                      {},
		"spec: {connect: {databaseSettings: {instrumentationSchema: '', schema: instrumentation}}}": {"instrumentation"},
	} {
		file, d := parseSiteFile("main", "site.yaml", []byte(text), false)
		assert.Empty(t, d.problems, text)
		assert.Equal(t, want, file.Schemas(connect), text)
	}
	assert.Equal(t, []string{"instrumentation"}, Products()[0].Schemas, "the table stays as it is")
}
