package awsworkload

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ptd-go/ptd/ensure/step"
	"github.com/ptd-go/ptd/providers/postgresql"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
	"github.com/ptd-go/ptd/stacks/workload/database"
)

// Who makes the products' databases, as ptd.yaml says it.
const (
	madeByPTD      = "ptd"
	madeByOperator = "team-operator"
)

// ours is what postgres_config has made, or was making when a run died.
type ours struct {
	roles, databases []string
	closed           []string // databases that not everybody may connect to any more
}

// oursIn reads what is ptd's from the state.
func oursIn(ctx context.Context, state step.State) (found ours, err error) {
	for typ, names := range map[string]*[]string{
		"postgresql:index/role:Role": &found.roles, "postgresql:index/database:Database": &found.databases,
	} {
		made, err := state.Resources(ctx, typ)
		if err != nil {
			return ours{}, err
		}
		begun, err := state.Begun(ctx, typ)
		if err != nil {
			return ours{}, err
		}
		for _, resource := range append(made, begun...) {
			name, err := output.Known[string](resource.Inputs["name"])
			if err != nil {
				return ours{}, fmt.Errorf("read the name of %s in the state: %w", resource.Name, err)
			}
			*names = append(*names, name)
		}
	}
	grants, err := state.Resources(ctx, "postgresql:index/grant:Grant")
	if err != nil {
		return ours{}, err
	}
	for _, grant := range grants {
		role, err := output.Known[string](grant.Inputs["role"])
		if err != nil {
			return ours{}, fmt.Errorf("read the role of %s in the state: %w", grant.Name, err)
		}
		name, err := output.Known[string](grant.Inputs["database"])
		if err != nil {
			return ours{}, fmt.Errorf("read the database of %s in the state: %w", grant.Name, err)
		}
		if role == postgresql.Public {
			found.closed = append(found.closed, name)
		}
	}
	return found, nil
}

// productDatabases are the names of the products' databases, and of their roles.
func productDatabases(workload *config.AWSWorkload) (names []string) {
	for site := range workload.SortedSites() {
		for _, product := range config.DatabaseProducts() {
			if workload.Runs(product) {
				names = append(names, product.Database(site))
			}
		}
	}
	return names
}

// makesProducts decides who makes the products' databases, and says so: whom ptd.yaml
// names, else whoever has made those that are there, else ptd. contents is nil when it is
// not known which server that is.
func (w *workload) makesProducts(r run, products []string, mine ours, contents *postgresql.Contents) bool {
	if len(products) == 0 {
		return false
	}
	given := w.config.ProductDatabases
	var there []string
	for _, name := range products {
		if contents != nil && contents.Has(name) {
			there = append(there, name)
		}
	}
	switch {
	case given == madeByOperator:
		r.Say(step.Info, "product databases: the Team Operator's, as product_databases says")
		return false
	case given == madeByPTD, containsAny(mine.databases, products), containsAny(mine.roles, products),
		len(there) == 0 && (contents != nil || len(mine.databases) == 0):
		r.Say(step.Info, "product databases: ptd's")
		return true
	}
	if len(there) == 0 {
		r.Say(step.Info, "product databases: the Team Operator's, for all that is known before the database server is")
		return false
	}
	r.Say(step.Info, "product databases: the Team Operator's, which has made %s; with product_databases: ptd in ptd.yaml, ptd takes them over",
		strings.Join(there, ", "))
	return false
}

func containsAny(list, wanted []string) bool {
	return slices.ContainsFunc(wanted, func(name string) bool { return slices.Contains(list, name) })
}

// takeOver is what the server has of what ptd is to make, and the state does not: it is
// imported, which is said.
func (w *workload) takeOver(r run, products []string, mine ours, contents *postgresql.Contents) (there database.There) {
	wanted := append([]string{w.config.GrafanaPostgresName()}, w.config.ExtraPostgresDBNames()...)
	for _, name := range append(slices.Clone(wanted), products...) {
		if contents.Has(name) && !slices.Contains(mine.databases, name) {
			there.Databases = append(there.Databases, name)
		}
		if slices.Contains(contents.Roles, name) && !slices.Contains(mine.roles, name) {
			there.Roles = append(there.Roles, name)
		}
	}
	isProduct := func(name string) bool { return slices.Contains(products, name) }
	if taken := slices.DeleteFunc(slices.Clone(there.Databases), func(name string) bool { return !isProduct(name) }); len(taken) > 0 {
		r.Say(step.Warning, "taken over from the Team Operator: %s; their roles have the passwords that the secret of the site has, "+
			"which is where the Team Operator has them from", strings.Join(taken, ", "))
	}
	for _, name := range there.Roles {
		if !isProduct(name) {
			r.Say(step.Warning, "the role %s is there, and not in the state: it is taken over, and gets a new password", name)
		}
	}
	return there
}

// closes says of which databases this run takes the privilege to connect from everybody.
func (w *workload) closes(r run, mine ours, there database.There, contents *postgresql.Contents) {
	names := slices.DeleteFunc(append(slices.Clone(mine.databases), there.Databases...), func(name string) bool {
		return slices.Contains(mine.closed, name)
	})
	if open := contents.Open(names); len(open) > 0 {
		r.Say(step.Warning, "everybody may connect to %s, and with this step only its own role and the master user; "+
			"who needs to with another role: GRANT CONNECT ON DATABASE ... TO ...", strings.Join(open, ", "))
	}
}
