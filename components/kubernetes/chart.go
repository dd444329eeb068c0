package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components"
)

// ChartArgs says which Helm chart is installed, and how. Chart, Version and Namespace
// are required: a chart without a version would move by itself.
type ChartArgs struct {
	// ReleaseName is Helm's name of the installation; the logical name if "".
	ReleaseName string
	// Chart is a name in Repository, or without one an address ("oci://...").
	Chart, Repository string
	// Namespace is where the release is installed. CreateNamespace makes it when it is
	// not there.
	Namespace       string
	CreateNamespace bool
	// SkipCRDs leaves the chart's definitions out; Atomic takes a failed installation
	// back. Both only without Controller.
	SkipCRDs, Atomic bool
	// Values are the chart's.
	Values pulumi.Map
	// Stateful is set for a chart whose pods keep data: the run names what changes of it.
	Stateful *Stateful
	Installation
}

// Installation is how a chart is installed: what differs between clusters and not
// between charts. Version is required.
type Installation struct {
	Version string
	// Overrides win over the chart's values: maps are merged, everything else is
	// replaced, and null removes a value, the chart's own default too.
	Overrides map[string]any
	// Controller leaves the installation to the Helm controller in the cluster; nil
	// installs in the run itself, which waits until the release is ready.
	Controller *ChartController
	// Live is what the Helm controller installed, nil of a chart that is new, or that never was
	// installed well.
	Live *LiveChart
}

// ChartController says how the Helm controller is told of a chart.
type ChartController struct {
	// Namespace is the one that the controller watches.
	Namespace string
	// HelmVersion is that of the installing job ("v3"); the controller's default if "".
	HelmVersion string
	// Labels are those of the HelmChart object.
	Labels map[string]string
	// Await waits until the controller has installed the chart, or says why it did not.
	// It is called in a run, not in a preview, whenever the object was made or changed,
	// before what depends on Chart.Installed; nil waits for nothing.
	Await func(ctx context.Context) error
}

// Chart is an installed Helm chart.
type Chart struct {
	pulumi.ResourceState

	ReleaseName pulumi.StringOutput `pulumi:"releaseName"`
	// Version comes when the chart is installed.
	Version pulumi.StringOutput `pulumi:"version"`
	// Installed is what resources that need the chart's definitions or services depend
	// on (pulumi.DependsOnInputs): it comes when the chart is installed.
	Installed pulumi.ResourceArrayOutput
}

// NewChart makes a Chart. The Helm release, or the HelmChart object of the controller,
// has the logical name name too.
//
// It is an error if a required argument is missing.
//
// (docs/reference/aws-workload-apps.md 8.1; docs/reference/aws-workload-eks.md 10)
func NewChart(ctx *pulumi.Context, name string, args *ChartArgs, opts ...pulumi.ResourceOption) (*Chart, error) {
	if args == nil || args.Chart == "" || args.Version == "" || args.Namespace == "" {
		return nil, fmt.Errorf("chart %s: a chart, its version and a namespace are required", name)
	}
	made := &Chart{}
	err := components.Register(ctx, "ptd:kubernetes:Chart", name, made, func(child pulumi.ResourceOption) error {
		release := args.ReleaseName
		if release == "" {
			release = name
		}
		var installed *Object
		var err error
		if args.Controller == nil {
			installed, err = args.install(ctx, name, release, child)
		} else {
			installed, err = args.request(ctx, name, release, child)
		}
		if err != nil {
			return err
		}
		made.ReleaseName = pulumi.String(release).ToStringOutput()
		made.Installed = args.installed(ctx, release, installed)
		// An output of the component, so that a failed installation fails the run also
		// when nothing depends on it.
		made.Version = apply.To(made.Installed, func([]pulumi.Resource) string { return args.Version }).(pulumi.StringOutput)
		return nil
	}, opts...)
	if err != nil {
		return nil, err
	}
	return made, nil
}

// install makes the Helm release.
func (args *ChartArgs) install(ctx *pulumi.Context, name, release string, child pulumi.ResourceOption) (*Object, error) {
	inputs := map[string]any{
		"name": release, "chart": args.Chart, "version": args.Version, "namespace": args.Namespace,
		"values": args.values(),
	}
	if args.Repository != "" {
		inputs["repositoryOpts"] = map[string]any{"repo": args.Repository}
	}
	for option, set := range map[string]bool{
		"createNamespace": args.CreateNamespace, "skipCrds": args.SkipCRDs, "atomic": args.Atomic,
	} {
		if set {
			inputs[option] = true
		}
	}
	if removed := nulls(args.Overrides); len(removed) > 0 {
		// Inputs cannot hold null, a file of values can.
		text, err := chartValues(removed)
		if err != nil {
			return nil, err
		}
		inputs["valueYamlFiles"] = pulumi.AssetOrArchiveArray{pulumi.NewStringAsset(text)}
		inputs["allowNullValues"] = true
	}
	if emptied(args.Overrides) {
		// Without it the provider drops empty lists too (docs/reference/real-plugins.md 2).
		inputs["allowNullValues"] = true
	}
	return registerRelease(ctx, name, inputs, child)
}

// request makes the HelmChart object.
func (args *ChartArgs) request(ctx *pulumi.Context, name, release string, child pulumi.ResourceOption) (*Object, error) {
	spec := pulumi.Map{
		"chart": pulumi.String(args.Chart), "version": pulumi.String(args.Version),
		"targetNamespace": pulumi.String(args.Namespace),
		"valuesContent": apply.To(args.values(), func(values map[string]any) (string, error) {
			return chartValues(values)
		}).(pulumi.StringOutput),
	}
	for field, value := range map[string]string{"repo": args.Repository, "helmVersion": args.Controller.HelmVersion} {
		if value != "" {
			spec[field] = pulumi.String(value)
		}
	}
	if args.CreateNamespace {
		spec["createNamespace"] = pulumi.Bool(true)
	}
	return NewObject(ctx, name, "helm.cattle.io/v1", "HelmChart", pulumi.Map{
		"metadata": metadata(args.Controller.Namespace, release, args.Controller.Labels), "spec": args.requested(ctx, release, spec),
	}, child)
}

// installed waits for the Helm controller, if it is to. In a preview it is known at once,
// so that what depends on it is planned with its dependency.
func (args *ChartArgs) installed(ctx *pulumi.Context, release string, resource *Object) pulumi.ResourceArrayOutput {
	if ctx.DryRun() {
		return apply.To(pulumi.Int(0).ToIntOutput(), func(int) []pulumi.Resource { return []pulumi.Resource{resource} }).(pulumi.ResourceArrayOutput)
	}
	log := ctx.Log
	made := resource.ID().ToIDOutput()
	return apply.ToWithContext(ctx.Context(), made, func(ctx context.Context, _ pulumi.ID) ([]pulumi.Resource, error) {
		if args.Controller != nil && args.Controller.Await != nil {
			if err := args.Controller.Await(ctx); err != nil {
				err = fmt.Errorf("install chart %s %s as %s in namespace %s: %w", args.Chart, args.Version, release, args.Namespace, err)
				if args.Live != nil {
					err = fmt.Errorf("%w (an upgrade that failed stays as it is: correct it, roll it back with helm rollback %s --namespace %s, "+
						"and run again)", err, release, args.Namespace)
				}
				// The run ends with one error, so each chart says its own.
				return nil, errors.Join(err, log.Error(err.Error(), &pulumi.LogArgs{Resource: resource}))
			}
		}
		return []pulumi.Resource{resource}, nil
	}).(pulumi.ResourceArrayOutput)
}

// values are the chart's values under what overrides them.
func (args *ChartArgs) values() pulumi.MapOutput {
	values := args.Values
	if values == nil {
		values = pulumi.Map{}
	}
	return apply.To(values.ToMapOutput(), func(values map[string]any) map[string]any {
		return overrideValues(values, args.Overrides)
	}).(pulumi.MapOutput)
}

// overrideValues lays values over others as Helm does. A null stays, since it removes the
// chart's own default too.
func overrideValues(values, overrides map[string]any) map[string]any {
	merged := maps.Clone(values)
	if merged == nil {
		merged = map[string]any{}
	}
	for key, override := range overrides {
		below, isMap := stringMap(merged[key])
		over, overIsMap := override.(map[string]any)
		if isMap && overIsMap {
			override = overrideValues(below, over)
		}
		merged[key] = override
	}
	return merged
}

// stringMap is any map with strings as keys: inputs of one type (pulumi.StringMap) come to
// a map of that type.
func stringMap(value any) (map[string]any, bool) {
	if generic, ok := value.(map[string]any); ok {
		return generic, true
	}
	of := reflect.ValueOf(value)
	if !of.IsValid() || of.Kind() != reflect.Map || of.Type().Key().Kind() != reflect.String {
		return nil, false
	}
	generic := map[string]any{}
	for key, element := range of.Seq2() {
		generic[key.String()] = element.Interface()
	}
	return generic, true
}

// nulls are the values that are null, and nothing else.
func nulls(of map[string]any) map[string]any {
	found := map[string]any{}
	for key, value := range of {
		if value == nil {
			found[key] = nil
		} else if below, isMap := value.(map[string]any); isMap && len(nulls(below)) > 0 {
			found[key] = nulls(below)
		}
	}
	return found
}

// emptied tells whether a list that is empty is among the values: one that takes a list of
// the chart's own away.
func emptied(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		for _, element := range value {
			if emptied(element) {
				return true
			}
		}
	case []any:
		return len(value) == 0 || slices.ContainsFunc(value, emptied)
	}
	return false
}

// Inputs are plain Go values, with inputs among them, as inputs.
func Inputs(of map[string]any) pulumi.Map { return values(of) }

// values are Inputs as the values of a chart.
func values(of map[string]any) pulumi.Map {
	made := pulumi.Map{}
	for key, value := range of {
		made[key] = input(value)
	}
	return made
}

func input(value any) pulumi.Input {
	switch value := value.(type) {
	case pulumi.Input:
		return value
	case map[string]any:
		return values(value)
	case map[string]string:
		return pulumi.ToStringMap(value)
	case []string:
		return pulumi.ToStringArray(value)
	case []any:
		made := pulumi.Array{}
		for _, element := range value {
			made = append(made, input(element))
		}
		return made
	case []map[string]any:
		made := pulumi.Array{}
		for _, element := range value {
			made = append(made, values(element))
		}
		return made
	default: // strings, booleans, numbers
		return pulumi.Any(value)
	}
}

// object is a part of a chart's values or of a Kubernetes object.
type object = map[string]any
