package awsworkload

import (
	"context"
	"errors"
	"fmt"
	"slices"

	components "github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/ensure/step"
	"github.com/ptd-go/ptd/providers/kubernetes"
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
			if in.Existing, err = stacks.ExistingClusters(w.config, w.resources(ctx, r, "eks")); err != nil {
				return in, err
			}
			return in, w.findCalicoMarks(ctx, in.Existing)
		},
		Program: stacks.EKS,
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

// findCalicoMarks finds the objects of Calico's chart that others made in a cluster, such as
// its operator: the chart can have them only when they are marked as its own first.
func (w *workload) findCalicoMarks(ctx context.Context, existing map[string]stacks.ExistingCluster) error {
	for release, found := range existing {
		if !found.Calico {
			continue
		}
		cluster, err := w.edges.Clusters.Cluster(ctx, w.config.ClusterARN(release))
		if errors.Is(err, kubernetes.ErrNotFound) {
			continue // it is made anew
		}
		if err != nil {
			return fmt.Errorf("reach the cluster of release %s: %w", release, err)
		}
		for _, object := range components.CalicoObjects() {
			marks, err := cluster.Object(ctx, object.APIVersion, object.Kind, "", object.Name)
			switch {
			case errors.Is(err, kubernetes.ErrNotFound):
			case err != nil:
				return fmt.Errorf("look for %s %s in the cluster of release %s: %w", object.Kind, object.Name, release, err)
			case !marks.OwnedBy(components.TigeraOperator, components.TigeraOperator) && !slices.Contains(found.CalicoMarks, object.Kind):
				found.CalicoMarks = append(found.CalicoMarks, object.Kind)
			}
		}
		existing[release] = found
	}
	return nil
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
