package kubernetes

import (
	"context"
	"testing"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryChartHasItsValues(t *testing.T) {
	t.Parallel()
	files, err := catalogue.ReadDir("chartvalues")
	require.NoError(t, err)
	read, err := valuesOfCharts()
	require.NoError(t, err)
	assert.Len(t, files, len(charts))
	for _, chart := range charts {
		values := read[chart.name]
		assert.True(t, values.from.LT(values.to), chart.name)
		assert.NotEmpty(t, values.below, chart.name)
	}
}

func TestUnreadValues(t *testing.T) {
	t.Parallel()
	all, err := valuesOfCharts()
	require.NoError(t, err)
	for name, test := range map[string]struct {
		chart, version string
		values         fields
		want           []string
	}{
		"read":              {"alloy", "0.12.6", fields{"alloy": fields{"enableReporting": false, "extraPorts": []any{fields{"name": "a"}}}}, nil},
		"telemetry":         {"alloy", "0.12.6", fields{"alloy": fields{"reporting": fields{"enabled": false}}}, []string{`alloy.reporting (did you mean "alloy.enableReporting"?)`}},
		"at the top":        {"alloy", "0.12.6", fields{"tolerations": []any{}}, []string{"tolerations"}},
		"in a list":         {"alloy", "0.12.6", fields{"alloy": fields{"extraPorts": []any{fields{"nam": "a"}}}}, []string{`alloy.extraPorts[0].nam (did you mean "alloy.extraPorts[0].name"?)`}},
		"null":              {"alloy", "0.12.6", fields{"aloy": nil}, []string{`aloy (did you mean "alloy"?)`}},
		"free below":        {"grafana", "7.0.14", fields{"grafana.ini": fields{"analytics": fields{"x": 1}}}, nil},
		"given up":          {"traefik", "37.1.2", fields{"globalArguments": []any{"a"}}, []string{"globalArguments (which only versions before 36.0.0 read)"}},
		"not given up":      {"traefik", "33.2.1", fields{"globalArguments": []any{"a"}}, nil},
		"to come":           {"traefik", "33.2.1", fields{"global": fields{"checkNewVersion": false}}, []string{"global (which only versions from 35.3.0 on read)"}},
		"any name":          {"traefik", "37.1.2", fields{"ports": fields{"mine": fields{"port": 1}, "web": fields{"forwardedHeaders": fields{"trustedIPs": []any{"10.0.0.0/8"}}}}}, nil},
		"below any name":    {"traefik", "37.1.2", fields{"ports": fields{"mine": fields{"prt": 1}}}, []string{`ports.mine.prt (did you mean "ports.mine.port"?)`}},
		"beside any name":   {"traefik", "37.1.2", fields{"ports": fields{"traefik": fields{"expose": fields{"default": true}, "nodePort": 1}}}, nil},
		"chart in a chart":  {"nvidia-device-plugin", "0.17.1", fields{"nfd": fields{"worker": fields{"toleration": []any{}}}}, []string{`nfd.worker.toleration (did you mean "nfd.worker.tolerations"?)`}},
		"no such part":      {"nvidia-device-plugin", "0.17.1", fields{"plugin": fields{"passDeviceSpecs": false}}, []string{`plugin (did you mean "devicePlugin"?)`}},
		"through functions": {"mimir-distributed", "5.2.1", fields{"mimir": fields{"structuredConfig": fields{"limits": fields{"a": 1}}}, "ingester": fields{"podLabels": fields{"a": "b"}}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			unread, early, known := all[test.chart].unread(semver.MustParse(test.version), test.values)
			assert.Equal(t, test.want, append(unread, early...))
			assert.Equal(t, name == "to come", len(early) > 0, "an older version may be there for good")
			assert.True(t, known)
		})
	}
}

func TestValuesOfOtherVersionsAreDoubtful(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	var said []string
	c.provider.LogTo(func(severity diag.Severity, _ resource.URN, message string) {
		said = append(said, string(severity)+": "+message)
	})
	c.helmController()
	c.mustCreate(namespaceType, "loki", nil)
	chart := helmChartFields("loki", "loki", "lokee: {}\n")
	chart["spec"].(fields)["version"] = "6.55.0"
	c.mustCreate(helmChartType, "helm-controller/loki", chart)
	c.mustInstall(releaseInputs("alloy", "loki", fields{"version": "2.0.0", "values": fields{"aloy": fields{}}}))
	assert.Equal(t, []string{
		`warning: chart loki 6.55.0 reads no value lokee, as far as is known: the sandbox knows versions 5.41.0 to 5.48.0`,
		`warning: chart alloy 2.0.0 reads no value aloy (did you mean "alloy"?), as far as is known: the sandbox knows versions 0.9.0 to 1.8.2`,
	}, said)
}

func TestHelmChartWithAnUnreadValue(t *testing.T) {
	t.Parallel()
	c := openCluster(t)
	c.helmController()
	urn, inputs := object(helmChartType, "helm-controller/loki", helmChartFields("loki", "loki", "loky: {}\n"))
	checked, err := c.provider.Check(context.Background(), plugin.CheckRequest{URN: urn, News: inputs})
	require.NoError(t, err)
	assert.Equal(t, []plugin.CheckFailure{{Property: "spec.valuesContent", Reason: `chart loki 5.48.0 reads no value loky (did you mean "loki"?); Helm would ignore it without a word`}}, checked.Failures)
}
