package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What looks like configuration and is not read is named; what is anything else is left alone.
func TestUnreadFiles(t *testing.T) {
	t.Parallel()
	const dir = "__work__/demo01-staging/"
	files := map[string]string{dir + "ptd.yaml": awsSpec()}
	for _, name := range []string{
		"ptd.yml", "site.yaml", "site-main/site.yaml", "sites_main/site.yaml", "custom_k8s_resource/a.yaml", "customizations/manifest.yml",
		"site_main/site.yaml", "site_main/values.yaml", "site_main/notes.md", "README.md", "scripts/run.yaml", ".github/ci.yaml",
	} {
		files[dir+name] = "spec: {}\n"
	}
	before := tree(t, files)
	target, err := before.Load("demo01-staging")
	require.NoError(t, err)
	assert.Equal(t, strings.Join([]string{
		dir + `custom_k8s_resource: is not read: the target has no such directory (did you mean "custom_k8s_resources"?)`,
		dir + `customizations: has no manifest.yaml: nothing in it is read`,
		dir + `ptd.yml: is not read: of the files here only ptd.yaml is`,
		dir + `site-main: is not read: the target has no such directory (did you mean "site_main"?)`,
		dir + `site.yaml: is not read: of the files here only ptd.yaml is`,
		dir + `site_main/values.yaml: is not read: of the files here only site.yaml is`,
		dir + `sites_main: is not read: the target has no such directory (did you mean "site_main"?)`,
	}, "\n"), relative(before, Errors(target.Warnings)))

	delete(files, dir+"ptd.yaml")
	after := tree(t, files)
	_, err = after.Load("demo01-staging")
	require.Error(t, err)
	assert.Equal(t, dir+`ptd.yaml: cannot be read: no such file or directory (did you mean "ptd.yaml instead of ptd.yml"?)`, relative(after, err))
}
