// Package awsworkload is the pipeline of an AWS workload: its steps, and what each
// gathers before its program runs and does after it. The programs themselves are in
// stacks/awsworkload.
package awsworkload

import (
	"context"
	"fmt"
	"slices"

	"github.com/ptd-go/ptd/ensure/step"
	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/providers/kubernetes"
	"github.com/ptd-go/ptd/providers/postgresql"
	stacks "github.com/ptd-go/ptd/stacks/awsworkload"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/output"
)

// Edges are the parts of the outside world that the steps look at and act on.
type Edges struct {
	AWS       aws.Cloud
	Clusters  kubernetes.Clusters
	Databases postgresql.Servers
	// Unawaited says that no controller works in the clusters.
	Unawaited bool
}

// workload is what the steps are about, and what they reach.
type workload struct {
	target *config.Target
	config *config.AWSWorkload
	edges  Edges
}

// Pipeline lists the steps of an AWS workload. What one stack gives and another takes is
// a Go value.
func Pipeline(target *config.Target, edges Edges) step.Pipeline {
	w := &workload{target: target, config: target.AWSWorkload, edges: edges}

	persistent := w.persistent()
	databases := w.postgresConfig(persistent)
	eks := w.eks(persistent)
	setup := w.setUpClusters(persistent, databases, eks)
	helm := w.helm(persistent, databases, eks, setup)
	return step.Pipeline{
		Target: target.Name,
		Steps: []step.Step{
			w.bootstrap(),
			persistent,
			databases,
			eks,
			setup,
			helm,
			w.sites(persistent, eks, helm),
			w.persistentReprise(persistent, eks),
		},
		Config:      map[string]string{"aws:region": w.config.Region},
		Unprotected: !w.config.ProtectPersistentResources,
		Direct:      w.config.TailscaleEnabled,
		Forced:      w.forced,
		Gone:        w.gone,
		Check:       w.check,
		Place:       w.place,
		Advise:      w.advise,
		Finish:      w.finish,
	}
}

// check refuses what the network and the clusters that are there cannot become. It looks at
// state alone.
func (w *workload) check(ctx context.Context, r *step.Run) error {
	if !r.Selected("eks") && !r.Selected("persistent") {
		return nil
	}
	existing, err := stacks.ExistingClusters(w.config, w.resources(ctx, r, "eks"))
	if err != nil {
		return err
	}
	if r.Selected("persistent") {
		subnets, err := w.resources(ctx, r, "persistent")("aws:ec2/subnet:Subnet")
		if err != nil {
			return err
		}
		if err := stacks.CheckNetwork(w.config, existing, subnets); err != nil {
			return err
		}
		fileSystems, err := w.resources(ctx, r, "persistent")("aws:fsx/openZfsFileSystem:OpenZfsFileSystem")
		if err != nil {
			return err
		}
		if err := stacks.CheckFileSystem(w.config, fileSystems); err != nil {
			return err
		}
	}
	if !r.Selected("eks") {
		return nil
	}
	return stacks.CheckClusters(w.config, existing)
}

// gone are the parts of the workload that the state has and the configuration has not.
func (w *workload) gone(ctx context.Context, r *step.Run) ([]string, error) {
	state, err := r.State("helm")
	if err != nil {
		return nil, err
	}
	values, exists, err := state.Outputs(ctx)
	if err != nil || !exists {
		return nil, err
	}
	had, err := output.Known[[]string](values["parts"])
	if err != nil {
		return nil, fmt.Errorf("read the parts of the workload: %w", err)
	}
	parts := stacks.Parts(w.config)
	gone := slices.DeleteFunc(had, func(part string) bool { return slices.Contains(parts, part) })
	// An add-on finds what a chart has installed in its way, and a chart that goes later would
	// take away what the add-on has made its own.
	charts, err := stacks.FindExistingCharts(w.config, w.resources(ctx, r, "helm"))
	if err != nil {
		return nil, err
	}
	clusters, err := stacks.ExistingClusters(w.config, w.resources(ctx, r, "eks"))
	if err != nil {
		return nil, err
	}
	if stacks.SecretsStoreChartsGo(w.config, clusters, charts) {
		gone = append(gone, "the charts of the secrets store, which becomes an add-on")
	}
	return gone, nil
}

// account is the workload's own.
func (w *workload) account(ctx context.Context) (aws.Account, error) {
	account, err := w.edges.AWS.Account(ctx, w.config.AccountID, w.config.Region)
	if err != nil {
		return nil, fmt.Errorf("reach account %s in %s: %w", w.config.AccountID, w.config.Region, err)
	}
	return account, nil
}
