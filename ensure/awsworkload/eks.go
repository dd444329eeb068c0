package awsworkload

import (
	"context"
	"errors"
	"fmt"

	"github.com/ptd-go/ptd/ensure/step"
	stacks "github.com/ptd-go/ptd/stacks/awsworkload"
	"github.com/ptd-go/ptd/stacks/output"
)

type eksStep = step.Stack[stacks.EKSIn, stacks.EKSOutputs]

func (w *workload) eks(persistent *persistentStep) *eksStep {
	return &eksStep{
		Name: "eks", Description: "Kubernetes clusters: control planes, node groups, add-ons",
		Project: w.target.Project("eks"), Proxy: true,
		Needs: []step.Step{persistent},
		Occupies: []step.Occupied{{
			Step: persistent, Type: "aws:eks/cluster:Cluster",
			Reason: "the clusters of step eks live in it (%d are left): destroy that step first",
		}},
		Gather: func(ctx context.Context, r *step.Run) (stacks.EKSIn, error) {
			in := stacks.EKSIn{Config: w.config, TargetName: w.target.Name}
			var err error
			if in.Persistent, err = persistent.Outputs(ctx, r); err != nil {
				return in, err
			}
			// Some settings can be chosen only when a cluster is made.
			if in.Existing, err = w.existingClusters(ctx, r, "eks"); err != nil {
				return in, err
			}
			if err := stacks.FindCalicoMarks(ctx, w.config, w.edges.Clusters, in.Existing); err != nil {
				return in, err
			}
			in.ExistingCharts, err = stacks.FindExistingCharts(w.config, w.resources(ctx, r, "helm"))
			return in, err
		},
		Program: stacks.EKS,
		Releases: func(ctx context.Context, r *step.Run) error {
			if !r.Destroys() {
				return nil // step persistent did, before it takes the group away
			}
			return w.detachFileSystems(ctx, r)
		},
		// What clusters need of what other steps or others made: their roles, and the file
		// systems that the configuration names.
		After: func(ctx context.Context, r *step.Run, eks *stacks.EKSOutputs) error {
			made, err := persistent.Outputs(ctx, r)
			if err != nil {
				return err
			}
			return errors.Join(w.attachFileSystems(ctx, r, made), w.bindRoles(ctx, r, persistent, made, eks))
		},
	}
}

// existingClusters are the clusters that state has, with the access entries that they really
// have. The entries in state are those of the given step, which may make some.
func (w *workload) existingClusters(ctx context.Context, r *step.Run, entriesOf string) (map[string]stacks.ExistingCluster, error) {
	clusters, entries := w.resources(ctx, r, "eks"), w.resources(ctx, r, entriesOf)
	existing, err := stacks.ExistingClusters(w.config, func(typ string) ([]stacks.StateResource, error) {
		if typ == stacks.StateAccessEntry {
			return entries(typ)
		}
		return clusters(typ)
	})
	if err != nil {
		return nil, err
	}
	account, err := w.account(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.withoutDeleted(ctx, r, existing, account.Clusters()); err != nil {
		return nil, err
	}
	return existing, stacks.FindAccessEntries(ctx, w.config, existing, account.Clusters())
}

// resources looks up resources of a step's stack in the state by their type.
func (w *workload) resources(ctx context.Context, r *step.Run, name string) func(typ string) ([]stacks.StateResource, error) {
	return func(typ string) ([]stacks.StateResource, error) {
		state, err := r.State(name)
		if err != nil {
			return nil, err
		}
		resources, err := state.Resources(ctx, typ)
		if err != nil {
			return nil, err
		}
		found := make([]stacks.StateResource, len(resources))
		for i, resource := range resources {
			found[i] = stacks.StateResource{
				Name: resource.Name, Provider: resource.Provider, Inputs: resource.Inputs, Outputs: resource.Outputs,
			}
		}
		return found, nil
	}
}

// attachFileSystems lets the nodes reach the file systems of efs_config.
func (w *workload) attachFileSystems(ctx context.Context, r *step.Run, persistent *stacks.PersistentOutputs) error {
	group, known, err := output.Await[string](ctx, persistent.NodesEFSSecurityGroupID)
	if err != nil {
		return fmt.Errorf("read the nodes' group of EFS: %w", err)
	}
	in := stacks.MountTargetsIn{Config: w.config}
	if known {
		in.SecurityGroupID = &group
	}
	account, err := w.account(ctx)
	if err != nil {
		return err
	}
	changes, err := stacks.AttachMountTargets(ctx, account.MountTargets(), in, r.DryRun())
	r.Did(changes)
	return err
}

// detachFileSystems takes the nodes' group off the file systems of others that no longer let
// the nodes in: of all in a destroy, else of those that the configuration no longer names.
func (w *workload) detachFileSystems(ctx context.Context, r *step.Run) error {
	state, err := r.State("persistent")
	if err != nil {
		return err
	}
	values, _, err := state.Outputs(ctx)
	if err != nil {
		return err
	}
	group, err := output.Known[string](values["eks_nodes_efs_nfs_security_group_id"])
	if err != nil {
		return fmt.Errorf("read the nodes' group of EFS: %w", err)
	}
	own, err := output.Known[string](values["efs_id"])
	if err != nil {
		return fmt.Errorf("read ptd's own file system: %w", err)
	}
	if group == "" {
		return nil
	}
	account, err := w.account(ctx)
	if err != nil {
		return err
	}
	stays := func(fileSystem string) bool {
		return fileSystem == own || stacks.KeepsMountTargets(w.config, fileSystem, r.Destroys())
	}
	changes, err := stacks.DetachMountTargets(ctx, account.MountTargets(), group, stays, r.DryRun())
	r.Did(changes)
	return err
}
