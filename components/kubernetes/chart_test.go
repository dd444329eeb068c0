package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"github.com/ptd-go/ptd/components/componenttest"
)

const (
	releaseType   = "kubernetes:helm.sh/v3:Release"
	helmChartType = "kubernetes:helm.cattle.io/v1:HelmChart"
)

// controlled is an installation by the Helm controller.
func controlled(version string) Installation {
	return Installation{Version: version, Controller: &ChartController{
		Namespace: "helm-controller", Labels: map[string]string{"posit.team/managed-by": "test"},
	}}
}

// valuesOf are the values of a chart that either way installs.
func valuesOf(t *testing.T, made componenttest.Registration) map[string]any {
	t.Helper()
	if values, ok := made.Args()["values"].(map[string]any); ok {
		return values
	}
	text := made.Args()["spec"].(map[string]any)["valuesContent"].(string)
	var values map[string]any
	if err := yaml.UnmarshalWithOptions([]byte(text), &values); err != nil {
		t.Fatalf("values of %s: %v", made.Name, err)
	}
	return normal(values).(map[string]any)
}

// normal makes numbers floats, as they are in registrations.
func normal(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, element := range value {
			value[key] = normal(element)
		}
	case []any:
		for i, element := range value {
			value[i] = normal(element)
		}
	case uint64:
		return float64(value)
	case int64:
		return float64(value)
	}
	return value
}

// wantChart checks the whole of what installs a chart, and its values.
func wantChart(t *testing.T, made componenttest.Registration, fields, values map[string]any) {
	t.Helper()
	got := made.Args()
	if spec, ok := got["spec"].(map[string]any); ok {
		delete(spec, "valuesContent")
		got = spec
	} else {
		delete(got, "values")
	}
	assert.Equal(t, fields, got, "chart %s", made.Name)
	assert.Equal(t, values, valuesOf(t, made), "values of %s", made.Name)
}

func TestChartInstalledByTheRun(t *testing.T) {
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewChart(ctx, "demo-loki", &ChartArgs{
			ReleaseName: "loki", Chart: "loki", Repository: "https://charts.example.com", Namespace: "loki",
			CreateNamespace: true, SkipCRDs: true, Atomic: true,
			Values: pulumi.Map{"replicas": pulumi.Int(2), "labels": pulumi.StringMap{"a": pulumi.String("1"), "b": pulumi.String("2")}},
			Installation: Installation{Version: "5.42.0", Overrides: map[string]any{
				"replicas": 3, "labels": map[string]any{"b": "3"}, "list": []any{"x"}, "image": map[string]any{"tag": nil},
			}},
		})
		return err
	})
	r.Find(t, "ptd:kubernetes:Chart", "demo-loki")
	made := r.Find(t, releaseType, "demo-loki")
	if text := made.Inputs["valueYamlFiles"].ArrayValue()[0].AssetValue().Text; text != "image:\n  tag: null\n" {
		t.Errorf("file of values: %q", text)
	}
	delete(made.Inputs, "valueYamlFiles")
	made.Exactly(t, map[string]any{
		"name": "loki", "chart": "loki", "version": "5.42.0", "namespace": "loki",
		"repositoryOpts":  map[string]any{"repo": "https://charts.example.com"},
		"createNamespace": true, "skipCrds": true, "atomic": true, "allowNullValues": true, "compat": "true",
		"values": map[string]any{
			"replicas": 3.0, "labels": map[string]any{"a": "1", "b": "3"}, "list": []any{"x"}, "image": map[string]any{},
		},
	})
}

func TestChartInstalledByTheController(t *testing.T) {
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		installation := controlled("37.1.2")
		installation.Controller.HelmVersion = "v3"
		_, err := NewChart(ctx, "demo-traefik", &ChartArgs{
			ReleaseName: "traefik", Chart: "traefik", Repository: "https://charts.example.com", Namespace: "traefik", CreateNamespace: true,
			Installation: installation,
		})
		return err
	})
	r.Find(t, helmChartType, "demo-traefik").Exactly(t, map[string]any{
		"apiVersion": "helm.cattle.io/v1", "kind": "HelmChart",
		"metadata": map[string]any{
			"name": "traefik", "namespace": "helm-controller", "labels": map[string]any{"posit.team/managed-by": "test"},
		},
		"spec": map[string]any{
			"chart": "traefik", "version": "37.1.2", "repo": "https://charts.example.com", "targetNamespace": "traefik",
			"createNamespace": true, "helmVersion": "v3", "valuesContent": "{}\n",
		},
	})
}

// The layout is that of the programs before: another one would run the job again.
func TestChartValuesLayout(t *testing.T) {
	text, err := chartValues(map[string]any{
		"b": map[string]any{"list": []any{map[string]any{"key": "x", "effect": "NoSchedule"}, "y"}, "empty": map[string]any{}},
		"a": "1", "c": true, "d": "true", "e": 3, "f": []any{}, "g": nil, "h": "^B(asic|earer) .*", "i": " lead and trail ",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimLeft(`
a: '1'
b:
  empty: {}
  list:
  - effect: NoSchedule
    key: x
  - 'y'
c: true
d: 'true'
e: 3
f: []
g: null
h: ^B(asic|earer) .*
i: ' lead and trail '
`, "\n")
	assert.Equal(t, want, text, "values")
}

// Whatever a text is, it is read as that.
func TestChartValuesOfAnyText(t *testing.T) {
	for _, text := range []string{
		"", " x ", "`Host(x)` && !y", "0x1f", "1e3", "1_000", "_1", "yes", "~", "- a", "a: b", "a:", "# c", "a #b", "{{ .x }}", "'", `"`, "\n",
		"a\nb\n", " \n x", "*x", "&x", "%", "é\u2028", "\t", "2001-01-01", "12:30:45", "0o17", "0b1", ".inf", "=", "<<", "null", "[a]", "@x",
		"\\", "\r\n", "a\n\nb", "x\n ", "\u0007", "---", "-", "?", ":", "100m", "20Gi", "5.42.0", "1.5",
	} {
		want := map[string]any{text: map[string]any{"value": text, "list": []any{text, map[string]any{text: text}, []any{text}}}}
		written, err := chartValues(want)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := yaml.Unmarshal([]byte(written), &got); err != nil {
			t.Fatalf("%v in\n%s", err, written)
		}
		assert.Equal(t, want, got, "read back:\n%s", written)
	}
}

func TestChartValuesThatCannotBeWritten(t *testing.T) {
	_, err := chartValues(map[string]any{"a": []any{map[string]any{"b": make(chan int)}}})
	if want := "write chart values: a: [0]: b: a chan int cannot be a value of a chart"; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

func TestChartOverrides(t *testing.T) {
	for name, test := range map[string]struct{ values, overrides, want map[string]any }{
		"nothing":     {nil, nil, map[string]any{}},
		"deep":        {map[string]any{"a": map[string]any{"b": 1, "c": 2}}, map[string]any{"a": map[string]any{"c": 3}}, map[string]any{"a": map[string]any{"b": 1, "c": 3}}},
		"typed map":   {map[string]any{"a": map[string]string{"b": "1"}}, map[string]any{"a": map[string]any{"c": "2"}}, map[string]any{"a": map[string]any{"b": "1", "c": "2"}}},
		"list":        {map[string]any{"a": []any{1, 2}}, map[string]any{"a": []any{3}}, map[string]any{"a": []any{3}}},
		"falsehood":   {map[string]any{"a": true, "b": 1, "c": "x"}, map[string]any{"a": false, "b": 0, "c": ""}, map[string]any{"a": false, "b": 0, "c": ""}},
		"null":        {map[string]any{"a": 1}, map[string]any{"a": nil, "b": nil}, map[string]any{"a": nil, "b": nil}},
		"map for one": {map[string]any{"a": 1}, map[string]any{"a": map[string]any{"b": 2}}, map[string]any{"a": map[string]any{"b": 2}}},
		"one for map": {map[string]any{"a": map[string]any{"b": 2}}, map[string]any{"a": 1}, map[string]any{"a": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, overrideValues(test.values, test.overrides), "values")
		})
	}
}

// The provider drops a list that is empty, unless it may keep null as well.
func TestChartOverridesWithAnEmptyList(t *testing.T) {
	for name, test := range map[string]struct {
		overrides map[string]any
		want      any
	}{
		"none":     {map[string]any{"tolerations": []any{"a"}}, nil},
		"a list":   {map[string]any{"tolerations": []any{}}, true},
		"below":    {map[string]any{"controller": map[string]any{"tolerations": []any{}}}, true},
		"within a": {map[string]any{"pools": []any{map[string]any{"taints": []any{}}}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := componenttest.Run(t, func(ctx *pulumi.Context) error {
				_, err := NewChart(ctx, "run", &ChartArgs{
					Chart: "x", Repository: "https://charts.example.com", Namespace: "x",
					Installation: Installation{Version: "1.0.0", Overrides: test.overrides},
				})
				return err
			})
			assert.Equal(t, test.want, r.Find(t, releaseType, "run").Inputs["allowNullValues"].V)
		})
	}
}

func TestChartKeepsSecrets(t *testing.T) {
	r := componenttest.Run(t, func(ctx *pulumi.Context) error {
		for name, installation := range map[string]Installation{"run": {Version: "1.0.0"}, "controller": controlled("1.0.0")} {
			_, err := NewChart(ctx, name, &ChartArgs{
				Chart: "oci://charts.example.com/x", Namespace: "x", Installation: installation,
				Values: values(object{"password": pulumi.ToSecret("hidden"), "list": []any{object{"plain": "x"}}}),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	for _, made := range []componenttest.Registration{r.Find(t, releaseType, "run"), r.Find(t, helmChartType, "controller")} {
		if len(made.Secrets) == 0 {
			t.Errorf("%s has no secret input: %v", made.Name, made.Inputs)
		}
		if got := valuesOf(t, made)["password"]; got != "hidden" {
			t.Errorf("%s: password %v", made.Name, got)
		}
	}
}

// What depends on a chart comes when the controller has installed it, in a run; a preview
// waits for nothing.
func TestChartAwait(t *testing.T) {
	for _, preview := range []bool{false, true} {
		var awaited, early atomic.Bool
		r := componenttest.New()
		r.Preview = preview
		err := r.Exec(func(ctx *pulumi.Context) error {
			installation := controlled("1.0.0")
			installation.Controller.Await = func(context.Context) error {
				early.Store(len(r.All("kubernetes:core/v1:Service")) > 0)
				awaited.Store(true)
				return nil
			}
			chart, err := NewChart(ctx, "first", &ChartArgs{Chart: "x", Namespace: "x", Installation: installation})
			if err != nil {
				return err
			}
			_, err = NewObject(ctx, "then", "v1", "Service", pulumi.Map{"metadata": metadata("x", "then", nil)},
				pulumi.DependsOnInputs(chart.Installed))
			if err != nil {
				return err
			}
			// A component waits with all that is in it.
			_, err = NewChart(ctx, "later", &ChartArgs{Chart: "x", Namespace: "x", Installation: controlled("1.0.0")},
				pulumi.DependsOnInputs(chart.Installed))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if awaited.Load() == preview || early.Load() {
			t.Errorf("preview %v: awaited %v, dependent registered before %v", preview, awaited.Load(), early.Load())
		}
		r.Find(t, "kubernetes:core/v1:Service", "then")
		r.Find(t, helmChartType, "later")
	}
}

// A run fails with every chart that is not installed, although nothing depends on them.
func TestChartThatIsNotInstalled(t *testing.T) {
	log := &errorLog{}
	err := componenttest.New().Exec(func(ctx *pulumi.Context) error {
		log.Log, ctx.Log = ctx.Log, log
		for _, name := range []string{"loki", "mimir", "grafana"} {
			installation := controlled("1.2.3")
			installation.Controller.Await = func(context.Context) error {
				if name == "grafana" {
					return nil
				}
				return errors.New("its job failed: no such version")
			}
			if _, err := NewChart(ctx, name, &ChartArgs{Chart: name, Namespace: "x", Installation: installation}); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), " 1.2.3 as ") {
		t.Errorf("got error %v, want one that names a chart", err)
	}
	want := func(name string) string {
		return fmt.Sprintf("install chart %[1]s 1.2.3 as %[1]s in namespace x: its job failed: no such version", name)
	}
	assert.Equal(t, []string{want("loki"), want("mimir")}, log.said(), "errors")
}

// errorLog keeps the errors that a program logs.
type errorLog struct {
	pulumi.Log
	mu     sync.Mutex
	errors []string
}

func (l *errorLog) Error(text string, _ *pulumi.LogArgs) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errors = append(l.errors, text)
	return nil
}

func (l *errorLog) said() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(slices.Values(l.errors))
}

func TestChartNeedsAVersion(t *testing.T) {
	componenttest.Fails(t, func(ctx *pulumi.Context) error {
		_, err := NewChart(ctx, "demo", &ChartArgs{Chart: "x", Namespace: "x"})
		return err
	}, "chart demo: a chart, its version and a namespace are required")
}

func ExampleNewChart() {
	program := func(ctx *pulumi.Context) error {
		chart, err := NewChart(ctx, "demo01-staging-podinfo", &ChartArgs{
			ReleaseName: "podinfo", Chart: "podinfo", Repository: "https://stefanprodan.github.io/podinfo", Namespace: "podinfo",
			CreateNamespace: true,
			Values:          pulumi.Map{"replicaCount": pulumi.Int(2)},
			Installation:    Installation{Version: "6.7.1", Overrides: map[string]any{"replicaCount": 3}},
		})
		if err != nil {
			return err
		}
		ctx.Export("version", chart.Version)
		return nil
	}
	// In a program of your own: pulumi.Run(program).
	mocks := componenttest.New()
	if err := mocks.Exec(program); err != nil {
		fmt.Println(err)
	}
	for _, release := range mocks.All(releaseType) {
		fmt.Println(release.Args()["name"], release.Args()["version"], release.Args()["values"])
	}
	// Output: podinfo 6.7.1 map[replicaCount:3]
}
