package kubernetes

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
	sandboxkubernetes "github.com/ptd-go/ptd/providers/sandbox/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
)

// desk is where somebody runs ptd on a target.
type desk struct {
	t           *testing.T
	directory   string
	environment []string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, directory: t.TempDir()}
	require.NoError(t, os.CopyFS(d.path("targets"), os.DirFS("../../testdata/targets")))
	plugin := d.path("pulumi", "plugins", "resource-kubernetes-v4.25.0")
	require.NoError(t, os.MkdirAll(plugin, 0o700))
	require.NoError(t, os.Symlink(filepath.Join(binaries, "pulumi-resource-kubernetes"), filepath.Join(plugin, "pulumi-resource-kubernetes")))
	d.environment = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + d.directory, "PULUMI_HOME=" + d.path("pulumi"), "PULUMI_SKIP_UPDATE_CHECK=true",
		"PTD_SANDBOX=1", "PTD_TARGETS_CONFIG_DIR=" + d.path("targets"), "PTD_SANDBOX_DIR=" + d.path("sandbox"),
	}
	return d
}

func (d *desk) path(parts ...string) string {
	return filepath.Join(append([]string{d.directory}, parts...)...)
}

// summary is the last line of a run.
type summary struct {
	Result  string
	Error   string
	Changes map[string]int
}

// ensure runs ptd, and expects a result.
func (d *desk) ensure(target, result string, flags ...string) summary {
	d.t.Helper()
	began := time.Now()
	command := exec.Command(filepath.Join(binaries, "ptd"), append([]string{"ensure", target, "--auto-apply", "--json"}, flags...)...)
	command.Env, command.Dir = d.environment, d.directory
	var complaints strings.Builder
	command.Stderr = &complaints
	output, err := command.Output()
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	var last summary
	require.NoError(d.t, json.Unmarshal([]byte(lines[len(lines)-1]), &last), "%v: %s\n%s", err, complaints.String(), output)
	d.t.Logf("ensure %s %s: %s %v in %s", target, strings.Join(flags, " "), last.Result, last.Changes, time.Since(began).Round(time.Second))
	require.Equal(d.t, result, last.Result, "%s\n%s\n%s", last.Error, complaints.String(), tail(lines))
	return last
}

func tail(lines []string) string { return strings.Join(lines[max(0, len(lines)-12):], "\n") }

// edit replaces a text of the target's ptd.yaml.
func (d *desk) edit(target, old, new string) {
	d.t.Helper()
	path := d.path("targets", "__work__", target, "ptd.yaml")
	content, err := os.ReadFile(path)
	require.NoError(d.t, err)
	require.Equal(d.t, 1, strings.Count(string(content), old), "%q is in %s", old, path)
	require.NoError(d.t, os.WriteFile(path, []byte(strings.Replace(string(content), old, new, 1)), 0o600))
}

// simulated are the objects of the sandbox's clusters.
func (d *desk) simulated() []sandbox.Object {
	d.t.Helper()
	cloud, err := sandbox.Open(d.path("sandbox"))
	require.NoError(d.t, err)
	list, err := cloud.List()
	require.NoError(d.t, err)
	require.NoError(d.t, cloud.Close())
	return slices.DeleteFunc(list, func(object sandbox.Object) bool { return object.Provider != "kubernetes" })
}

// chartsOf are the charts that the plugin itself installs, with what they bring that is
// neither a definition nor served by somebody else.
func chartsOf(objects []sandbox.Object) (charts []chart) {
	for _, release := range objects {
		if release.Type != "kubernetes:helm.sh/v3:Release" {
			continue
		}
		inputs := sandbox.Inputs(release.Inputs)
		address, _ := inputs.Text("chart")
		version, _ := inputs.Text("version")
		name, _ := inputs.Text("name")
		served := chart{name: address[strings.LastIndexByte(address, '/')+1:], version: version, repository: address}
		served.name = strings.TrimSuffix(served.name, "-"+version+".tgz") // where the address is an archive's
		if repository, ok := inputs.Map("repositoryOpts").Text("repo"); ok {
			served.repository = repository
		}
		for _, brought := range objects {
			annotations := sandbox.Inputs(brought.Inputs).Map("metadata").Map("annotations")
			kind, _ := sandbox.Inputs(brought.Inputs).Text("kind")
			if brought.URN == "" && annotations["meta.helm.sh/release-name"] == name && kind != "CustomResourceDefinition" && kind != "APIService" {
				served.objects = append(served.objects, brought.Inputs)
			}
		}
		charts = append(charts, served)
	}
	return charts
}

// prepare puts the definitions into the cluster that charts bring which no controller
// installs here; those that the program makes are left to it.
func prepare(t *testing.T, api *client, objects []sandbox.Object) {
	t.Helper()
	programs := map[string]bool{}
	for _, made := range objects {
		if made.URN != "" && made.Type == "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition" {
			programs[made.ID] = true
		}
	}
	for _, definition := range sandboxkubernetes.Definitions(sandboxkubernetes.Options{SiteSchema: config.SiteDefinition}) {
		name, _ := sandbox.Inputs(definition).Map("metadata").Text("name")
		if !programs[name] {
			const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
			if strings.HasSuffix(name, ".projectcalico.org") { // Calico's own API server has these, with no schema of this form
				version := sandbox.Inputs(definition).Map("spec").List("versions")[0].(object)
				version["schema"] = object{"openAPIV3Schema": object{"type": "object", "x-kubernetes-preserve-unknown-fields": true}}
			}
			if strings.HasSuffix(name, ".k8s.io") { // the API wants to know who approved it
				sandbox.Inputs(definition).Map("metadata")["annotations"] = object{"api-approved.kubernetes.io": "unapproved, for a test"}
			}
			status, answer, err := api.ask(t.Context(), http.MethodPost, definitions, "application/json", definition)
			require.NoError(t, err)
			require.Equal(t, http.StatusCreated, status, "%s: %v", name, answer["message"])
		}
	}
}

// TestTargets takes whole targets through their life: everything but Kubernetes simulated.
func TestTargets(t *testing.T) {
	for target, removed := range map[string]string{
		"demo01-staging":      "  nvidia_gpu_enabled: true\n",
		"tailscale01-staging": "",
	} {
		t.Run(target, func(t *testing.T) {
			d := newDesk(t)
			d.edit(target, "spec:\n  account_id", "spec:\n  protect_persistent_resources: false\n  account_id")
			d.edit(target, "  sites:\n", "  sites:\n    second:\n      spec: {domain: second.staging.example.com}\n")
			d.ensure(target, "succeeded")
			objects := d.simulated()
			require.NoError(t, os.RemoveAll(d.path("sandbox")))

			api, kubeconfig := startAPIServer(t)
			prepare(t, api, objects)
			before := inventory(t, api)
			proxy, authority := chartProxy(t, chartsOf(objects))
			d.environment = append(d.environment, "HTTPS_PROXY="+proxy, "SSL_CERT_FILE="+authority,
				"PTD_SANDBOX_REAL=kubernetes="+kubeconfig, "PTD_SANDBOX_REAL_NO_AWAIT=true")
			d.ensure(target, "succeeded")
			assert.NotEmpty(t, api.names(t, "/apis/core.posit.team/v1beta1/sites", nil), "the sites are in the real cluster")
			assert.Empty(t, d.simulated(), "nothing of it is in the simulated one")
			none := map[string]int{}
			assert.Equal(t, none, changed(d.ensure(target, "succeeded")))
			assert.Equal(t, none, changed(d.ensure(target, "succeeded", "--refresh")))

			d.edit(target, "    second:\n      spec: {domain: second.staging.example.com}\n", "")
			if removed != "" {
				d.edit(target, removed, "")
			}
			refused := d.ensure(target, "failed")
			d.ensure(target, "succeeded", "--allow-replace", strings.Join(guarded(refused.Error), ","))
			assert.Equal(t, none, changed(d.ensure(target, "succeeded", "--refresh")))
			assert.NotContains(t, fmt.Sprint(api.names(t, "/apis/core.posit.team/v1beta1/sites", nil)), "second")

			d.ensure(target, "succeeded", "--destroy")
			// The namespace of the products outlives its resource: with it would go what users keep there.
			before["/api/v1/namespaces"] = append(before["/api/v1/namespaces"], "posit-team")
			assert.Equal(t, before, inventory(t, api), "what is left in the cluster")
		})
	}
}

// changed are the numbers of a summary that are not those of what stays as it is.
func changed(s summary) map[string]int {
	all := maps.Clone(s.Changes)
	maps.DeleteFunc(all, func(name string, n int) bool { return n == 0 || name == "same" })
	return all
}

var urn = regexp.MustCompile(`--allow-replace '?(urn:[^\s']+)`)

// guarded are the URNs that the guard named.
func guarded(text string) (urns []string) {
	for _, match := range urn.FindAllStringSubmatch(text, -1) {
		urns = append(urns, match[1])
	}
	return urns
}

// inventory lists the objects of a cluster by kind, but for what Kubernetes itself keeps.
func inventory(t *testing.T, api *client) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, kind := range api.resources(t.Context()) {
		if slices.Contains([]string{"leases", "endpointslices", "apiservices", "flowschemas", "prioritylevelconfigurations"}, kind.name) {
			continue
		}
		names := api.names(t, kind.path, func(metadata object) bool {
			labels, _ := metadata["labels"].(object)
			// What the simulated cloud has put there stays, as the cluster of a cloud has it.
			return labels["kubernetes.io/bootstrapping"] == nil && metadata["name"] != "ebs-csi-default-sc" && metadata["name"] != "kube-root-ca.crt"
		})
		if len(names) > 0 {
			slices.Sort(names)
			found[kind.path] = names
		}
	}
	return found
}
