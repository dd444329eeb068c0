package output

import (
	"maps"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/components/componenttest"
)

type sampleCluster struct {
	Name     pulumi.StringOutput      `pulumi:"*_cluster_name"`
	Groups   pulumi.StringArrayOutput `pulumi:"*_groups"`
	RoleARNs pulumi.StringMapOutput   `pulumi:"*_role_arns"`
	Hostname pulumi.StringOutput      `pulumi:"*_hostname,optional"`
}

type sampleCommon struct {
	Info pulumi.StringOutput `pulumi:"info"`
}

type sampleReleases struct {
	sampleCommon
	Clusters Releases[sampleCluster]
	Groups   pulumi.StringArrayOutput `pulumi:"all_groups"`
}

// What is exported under one name a release and field is found again under it.
func TestReleasesOutAndIn(t *testing.T) {
	old := sampleCluster{
		Name: pulumi.String("old").ToStringOutput(), Groups: pulumi.ToStringArray([]string{"a", "b"}).ToStringArrayOutput(),
		RoleARNs: pulumi.StringMap{}.ToStringMapOutput(),
	}
	young := old
	young.Hostname = pulumi.String("host").ToStringOutput()
	outputs := &sampleReleases{
		sampleCommon: sampleCommon{Info: pulumi.String("i").ToStringOutput()}, Groups: old.Groups,
		Clusters: Releases[sampleCluster]{"20250115": old, "20250401": young},
	}
	require.NoError(t, componenttest.New().Exec(func(ctx *pulumi.Context) error {
		if err := Export(ctx, outputs); err != nil {
			return err
		}
		assert.Equal(t, []string{
			"20250115_cluster_name", "20250115_groups", "20250115_role_arns",
			"20250401_cluster_name", "20250401_groups", "20250401_hostname", "20250401_role_arns", "all_groups", "info",
		}, slices.Sorted(maps.Keys(ctx.GetCurrentExportMap())))
		return nil
	}))

	values := resource.NewPropertyMapFromMap(map[string]any{
		"info": "i", "all_groups": []any{"x"}, "unrelated": "y", "_groups": []any{},
		"20250115_cluster_name": "old", "20250115_groups": []any{"a", "b"}, "20250115_role_arns": map[string]any{"loki": "arn"},
		"20250401_cluster_name": "young", "20250401_hostname": "host",
	})
	values["20250115_role_arns"] = resource.MakeSecret(values["20250115_role_arns"])
	loaded, err := Load[sampleReleases](values)
	require.NoError(t, err)
	assert.Equal(t, []string{"20250115", "20250401"}, slices.Sorted(maps.Keys(loaded.Clusters)), "a field of its own is not in the map")
	require.NoError(t, componenttest.New().Exec(func(ctx *pulumi.Context) error {
		cluster, err := loaded.Clusters.Get(ctx, "eks", "made the cluster", "20250115")
		require.NoError(t, err)
		assert.Equal(t, componenttest.Awaited{Value: "old", Known: true}, componenttest.Await(ctx, cluster.Name))
		assert.Equal(t, componenttest.Awaited{Value: []string{"a", "b"}, Known: true}, componenttest.Await(ctx, cluster.Groups))
		assert.Equal(t, componenttest.Awaited{Value: map[string]string{"loki": "arn"}, Known: true, Secret: true}, componenttest.Await(ctx, cluster.RoleARNs))
		assert.Equal(t, componenttest.Awaited{Value: "", Known: true}, componenttest.Await(ctx, cluster.Hostname), "a release may have none")
		assert.Equal(t, componenttest.Awaited{Value: "i", Known: true}, componenttest.Await(ctx, loaded.Info))

		_, err = loaded.Clusters.Get(ctx, "eks", "made the cluster", "20250401")
		assert.EqualError(t, err, "step eks has not made the cluster of release 20250401 yet: run it first", "a part of it is missing")
		_, err = loaded.Clusters.Get(ctx, "eks", "made the cluster", "20260101")
		assert.EqualError(t, err, "step eks has not made the cluster of release 20260101 yet: run it first")
		return nil
	}))
}

// Of a release that is not there yet everything is unknown in a preview, and of one that
// is there in part, what is missing.
func TestReleasesInAPreview(t *testing.T) {
	r := componenttest.New()
	r.Preview = true
	require.NoError(t, r.Exec(func(ctx *pulumi.Context) error {
		never, err := Load[sampleReleases](nil)
		require.NoError(t, err)
		cluster, err := never.Clusters.Get(ctx, "eks", "made the cluster", "20250115")
		require.NoError(t, err)
		for _, output := range []pulumi.Output{cluster.Name, cluster.Groups, cluster.RoleARNs, cluster.Hostname, never.Info} {
			assert.False(t, componenttest.Await(ctx, output).Known, "%T", output)
		}
		cluster, err = Releases[sampleCluster]{"20250115": {Name: pulumi.String("x").ToStringOutput()}}.Get(ctx, "eks", "made the cluster", "20250115")
		require.NoError(t, err)
		assert.Equal(t, componenttest.Awaited{Value: "x", Known: true}, componenttest.Await(ctx, cluster.Name))
		assert.False(t, componenttest.Await(ctx, cluster.RoleARNs).Known)
		return nil
	}))
}

func TestExportWantsAll(t *testing.T) {
	assert.ErrorContains(t, componenttest.New().Exec(func(ctx *pulumi.Context) error {
		return Export(ctx, &struct {
			Clusters Releases[sampleCluster]
		}{Releases[sampleCluster]{"20250115": {}}})
	}), `output "20250115_cluster_name" was not set`)
	assert.ErrorContains(t, componenttest.New().Exec(func(ctx *pulumi.Context) error {
		return Export(ctx, &sampleCommon{})
	}), `output "info" was not set`)
}

func TestReleasesNeedAStar(t *testing.T) {
	_, err := Load[struct {
		Clusters Releases[sampleCommon]
	}](nil)
	assert.ErrorContains(t, err, "with a * in its name")
}

func TestMadeBy(t *testing.T) {
	text, list, none := pulumi.String("x").ToStringOutput(), pulumi.ToStringArray([]string{"a"}).ToStringArrayOutput(), pulumi.StringMap{}.ToStringMapOutput()
	for _, preview := range []bool{true, false} {
		r := componenttest.New()
		r.Preview = preview
		require.NoError(t, r.Exec(func(ctx *pulumi.Context) error {
			secret := pulumi.ToSecret(text).(pulumi.StringOutput)
			assert.Equal(t, componenttest.Awaited{Value: "x", Known: true, Secret: true}, componenttest.Await(ctx, MadeBy(ctx, "persistent", "bucket", secret)))
			assert.Equal(t, componenttest.Awaited{Value: []string{"a"}, Known: true}, componenttest.Await(ctx, MadeBy(ctx, "persistent", "subnets", list)))
			return nil
		}))
		for what, made := range map[string]func(*pulumi.Context) pulumi.Output{
			"bucket": func(ctx *pulumi.Context) pulumi.Output {
				return MadeBy(ctx, "persistent", "bucket", pulumi.String("").ToStringOutput())
			},
			"subnets": func(ctx *pulumi.Context) pulumi.Output {
				return MadeBy(ctx, "persistent", "subnets", pulumi.StringArray{}.ToStringArrayOutput())
			},
			"host name": func(ctx *pulumi.Context) pulumi.Output {
				return MadeBy(ctx, "persistent", "host name", sampleCluster{}.Hostname)
			},
			"roles": func(ctx *pulumi.Context) pulumi.Output { return MadeBy(ctx, "persistent", "roles", none) },
		} {
			var err error
			_ = r.Exec(func(ctx *pulumi.Context) error {
				awaited := componenttest.Await(ctx, made(ctx))
				if failed, ok := awaited.Value.(error); ok {
					err = failed
				}
				assert.Equal(t, !preview, awaited.Known, what)
				return nil
			})
			if preview {
				assert.NoError(t, err, what)
			} else {
				assert.EqualError(t, err, "step persistent has not made the "+what+" yet: run it first")
			}
		}
	}
}
