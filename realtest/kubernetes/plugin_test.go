package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
	sandboxkubernetes "github.com/ptd-go/ptd/providers/sandbox/kubernetes"
)

// provider is the kubernetes provider, the real or the simulated one, as the engine uses it.
type provider struct {
	plugin.Provider
	// said is what it says while it works.
	said *sayings
}

// sayings are the messages of a plugin.
type sayings struct {
	mutex sync.Mutex
	lines []string
}

func (s *sayings) all() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.lines)
}

// Logf implements diag.Sink.
func (s *sayings) Logf(_ diag.Severity, message *diag.Diag, arguments ...any) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.lines = append(s.lines, fmt.Sprintf(message.Message, arguments...))
}
func (s *sayings) Debugf(message *diag.Diag, arguments ...any) {}
func (s *sayings) Infof(message *diag.Diag, arguments ...any) {
	s.Logf(diag.Info, message, arguments...)
}
func (s *sayings) Infoerrf(message *diag.Diag, arguments ...any) {
	s.Logf(diag.Infoerr, message, arguments...)
}
func (s *sayings) Errorf(message *diag.Diag, arguments ...any) {
	s.Logf(diag.Error, message, arguments...)
}
func (s *sayings) Warningf(message *diag.Diag, arguments ...any) {
	s.Logf(diag.Warning, message, arguments...)
}

// Stringify implements diag.Sink.
func (s *sayings) Stringify(_ diag.Severity, message *diag.Diag, arguments ...any) (prefix, text string) {
	return "", fmt.Sprintf(message.Message, arguments...)
}

// newPlugin starts the real plugin on a cluster.
func newPlugin(t *testing.T, kubeconfig string) *provider {
	t.Helper()
	content, err := os.ReadFile(kubeconfig)
	require.NoError(t, err)
	p := startPlugin(t)
	p.configure(t, string(content))
	return p
}

// startPlugin starts the real plugin, in an environment of its own.
func startPlugin(t *testing.T) *provider {
	t.Helper()
	said := &sayings{}
	directory := t.TempDir()
	ctx, err := plugin.NewContextWithRoot(context.Background(), said, said, nil, directory, directory, nil, false, nil, nil, nil, nil, nil, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, ctx.Close()) })
	started, err := plugin.NewProviderFromPath(ctx.Host, ctx, "kubernetes", filepath.Join(binaries, "pulumi-resource-kubernetes"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, started.Close()) })
	return &provider{started, said}
}

// configure configures it as ptd's programs do.
func (p *provider) configure(t *testing.T, kubeconfig string) {
	t.Helper()
	_, err := p.Configure(t.Context(), plugin.ConfigureRequest{Inputs: sandbox.Properties(map[string]any{
		"kubeconfig": kubeconfig, "enableServerSideApply": "true", "enableConfigMapMutable": "true", "enableSecretMutable": "true",
		"deleteUnreachable": "false", "clusterIdentifier": "cluster",
	})})
	require.NoError(t, err)
}

// newSimulation is the simulated provider, on a cluster that is there and lets it in.
func newSimulation(t *testing.T) *provider {
	t.Helper()
	p := startSimulation(t)
	p.configure(t, `{"current-context":"a","contexts":[{"name":"a","context":{"cluster":"a","user":"a"}}],`+
		`"clusters":[{"name":"a","cluster":{"server":"`+server+`"}}],"users":[{"name":"a","user":{}}]}`)
	return p
}

const server = "https://cluster.example.com" // of the simulated cluster

// startSimulation is the simulated provider before it is configured.
func startSimulation(t *testing.T) *provider {
	t.Helper()
	cloud, err := sandbox.Open(t.TempDir(), &sandbox.Package{Name: "test", Types: map[string]sandbox.Type{
		"test:index:Cluster": {Serves: &sandbox.Serves{Cluster: func(*sandbox.Cloud, *sandbox.Object) sandbox.Cluster { return simulatedCluster{} }}},
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cloud.Close()) })
	require.NoError(t, cloud.DeclareExternal(sandbox.Object{Provider: "test", Type: "test:index:Cluster", ID: server}))
	return &provider{sandboxkubernetes.New(cloud), &sayings{}}
}

// simulatedCluster is a cluster of no cloud.
type simulatedCluster struct{}

func (simulatedCluster) Endpoint() string                                 { return server }
func (simulatedCluster) Is(string) bool                                   { return true }
func (simulatedCluster) Enter(string, *sandbox.Credential) error          { return nil }
func (simulatedCluster) Provides(string, string) map[string]any           { return nil }
func (simulatedCluster) ShutsOut(string, string, map[string]any) []string { return nil }
func (simulatedCluster) Defines(string) bool                              { return false }
func (simulatedCluster) Balance(sandbox.Inputs) (problem string)          { return "" }
func (simulatedCluster) Assume(sandbox.Inputs, string) (problem string)   { return "" }
func (simulatedCluster) Address(name string) map[string]any               { return map[string]any{"hostname": name} }

// made is a resource as the state has it.
type made struct {
	urn             resource.URN
	id              resource.ID
	inputs, outputs resource.PropertyMap
}

func urnOf(typ, name string) resource.URN {
	return resource.NewURN("trial", "trial", "", tokens.Type(typ), name)
}

// check completes inputs.
func (p *provider) check(t *testing.T, typ, name string, old resource.PropertyMap, inputs object) (resource.PropertyMap, error) {
	t.Helper()
	answer, err := p.Check(t.Context(), plugin.CheckRequest{
		URN: urnOf(typ, name), Name: name, Type: tokens.Type(typ), Olds: old, News: sandbox.Properties(inputs), RandomSeed: make([]byte, 32),
	})
	var problems []string
	for _, failure := range answer.Failures {
		problems = append(problems, failure.Reason)
	}
	if err == nil && len(problems) > 0 {
		err = errors.New(strings.Join(problems, "\n"))
	}
	return answer.Properties, err
}

// create makes a resource; with preview only on the server's word.
func (p *provider) create(t *testing.T, typ, name string, inputs object, preview bool) (*made, error) {
	t.Helper()
	checked, err := p.check(t, typ, name, nil, inputs)
	if err != nil {
		return nil, err
	}
	answer, err := p.Create(t.Context(), plugin.CreateRequest{
		URN: urnOf(typ, name), Name: name, Type: tokens.Type(typ), Properties: checked, Preview: preview,
	})
	return &made{urnOf(typ, name), answer.ID, checked, answer.Properties}, err
}

// diff tells what a change of inputs does: the keys that replace, and whether anything is
// to be done.
func (p *provider) diff(t *testing.T, old *made, inputs object) (changes bool, replaces []string) {
	t.Helper()
	checked, err := p.check(t, string(old.urn.Type()), old.urn.Name(), old.inputs, inputs)
	require.NoError(t, err)
	answer, err := p.Diff(t.Context(), plugin.DiffRequest{
		URN: old.urn, Name: old.urn.Name(), Type: old.urn.Type(), ID: old.id, OldInputs: old.inputs, OldOutputs: old.outputs, NewInputs: checked,
		AllowUnknowns: true,
	})
	require.NoError(t, err)
	for _, key := range answer.ReplaceKeys {
		head, _, _ := strings.Cut(string(key), ".")
		if !slices.Contains(replaces, head) {
			replaces = append(replaces, head)
		}
	}
	slices.Sort(replaces)
	return answer.Changes == plugin.DiffSome, replaces
}

// update changes a resource in place.
func (p *provider) update(t *testing.T, old *made, inputs object, preview bool) (*made, error) {
	t.Helper()
	checked, err := p.check(t, string(old.urn.Type()), old.urn.Name(), old.inputs, inputs)
	if err != nil {
		return nil, err
	}
	answer, err := p.Update(t.Context(), plugin.UpdateRequest{
		URN: old.urn, Name: old.urn.Name(), Type: old.urn.Type(), ID: old.id, OldInputs: old.inputs, OldOutputs: old.outputs, NewInputs: checked, Preview: preview,
	})
	return &made{old.urn, old.id, checked, answer.Properties}, err
}

// remove deletes a resource.
func (p *provider) remove(t *testing.T, old *made) error {
	t.Helper()
	_, err := p.Delete(t.Context(), plugin.DeleteRequest{
		URN: old.urn, Name: old.urn.Name(), Type: old.urn.Type(), ID: old.id, Inputs: old.inputs, Outputs: old.outputs,
	})
	return err
}

// live is the object of a resource as the provider reads it, nil when there is none.
func (p *provider) live(t *testing.T, typ, id string) object {
	t.Helper()
	answer, err := p.Read(t.Context(), plugin.ReadRequest{
		URN: urnOf(typ, "read"), Name: "read", Type: tokens.Type(typ), ID: resource.ID(id),
	})
	require.NoError(t, err)
	if answer.ID == "" {
		return nil
	}
	return sandbox.PlainMap(answer.Outputs)
}
