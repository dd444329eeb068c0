package awsworkload

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/postgresql"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/workload/database"
)

func minimal(t *testing.T) *workload {
	t.Helper()
	tree, err := config.OpenTree("../../testdata/targets")
	require.NoError(t, err)
	target, err := tree.Load("minimal01-staging")
	require.NoError(t, err)
	return &workload{config: target.AWSWorkload}
}

func contents(databases ...string) *postgresql.Contents {
	found := &postgresql.Contents{Roles: append([]string{"postgres"}, databases...)}
	for _, name := range databases {
		found.Databases = append(found.Databases, postgresql.Database{Name: name, Connects: []string{name, postgresql.Public}})
	}
	return found
}

// Who makes the products' databases: whom ptd.yaml names, else whoever has made them, else
// ptd; before the server is known, who has made none of them in a state that has others
// does not.
func TestWhoMakesProducts(t *testing.T) {
	t.Parallel()
	w := minimal(t)
	products := productDatabases(w.config)
	require.Equal(t, []string{"main_connect", "main_workbench", "main_packagemanager"}, products)
	grafana := ours{roles: []string{"grafana"}, databases: []string{"grafana"}}
	begun := ours{roles: []string{"main_connect"}}
	for _, test := range []struct {
		given    string
		mine     ours
		contents *postgresql.Contents
		ptd      bool
	}{
		{"", ours{}, nil, true},
		{"", ours{}, contents(), true},
		{"", grafana, contents("grafana", "other_connect"), true},
		{"", grafana, contents("grafana", "main_connect"), false},
		{"", ours{}, contents("main_packagemanager"), false},
		{"", begun, contents("main_connect"), true},
		{"", ours{databases: []string{"main_connect"}}, contents("main_connect", "main_workbench"), true},
		{"", ours{databases: []string{"main_connect"}}, nil, true},
		{"", grafana, nil, false},
		{madeByPTD, grafana, contents("main_connect"), true},
		{madeByPTD, grafana, nil, true},
		{madeByOperator, ours{}, contents(), false},
		{madeByOperator, ours{databases: products}, contents(products...), false},
	} {
		w.config.ProductDatabases = test.given
		assert.Equal(t, test.ptd, w.makesProducts(&teller{}, products, test.mine, test.contents), "%+v", test)
	}
	assert.False(t, w.makesProducts(&teller{}, nil, ours{}, contents()), "no site")
}

// What is there and not ours is taken over, if ptd is to make it; each kind is told of.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	w := minimal(t)
	w.config.ExtraPostgresDBs = []string{"sol-eng"}
	mine := ours{roles: []string{"main_workbench"}, databases: []string{"main_workbench"}, closed: []string{"main_workbench"}}
	there := contents("main_connect", "main_workbench", "sol_eng", "unrelated")
	said := &teller{}
	taken := w.takeOver(said, productDatabases(w.config), mine, there)
	assert.Equal(t, database.There{Roles: []string{"sol_eng", "main_connect"}, Databases: []string{"sol_eng", "main_connect"}}, taken)
	w.closes(said, mine, taken, there)
	require.Len(t, said.warnings, 3)
	assert.Contains(t, said.warnings[0], "taken over from the Team Operator: main_connect;")
	assert.Contains(t, said.warnings[1], "the role sol_eng is there")
	assert.Contains(t, said.warnings[2], "everybody may connect to main_connect, sol_eng, and")

	said = &teller{}
	assert.Equal(t, database.There{Roles: []string{"sol_eng"}, Databases: []string{"sol_eng"}}, w.takeOver(said, nil, mine, there))
	assert.Len(t, said.warnings, 1)
	said = &teller{}
	w.closes(said, ours{databases: []string{"main_workbench"}}, database.There{}, contents("main_workbench"))
	assert.Len(t, said.warnings, 1, "a workload that was live before")
	w.closes(said, mine, database.There{}, contents("main_workbench"))
	assert.Len(t, said.warnings, 1)
}
