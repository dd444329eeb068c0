package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tree writes files (paths relative to the targets directory) and opens them.
func tree(t *testing.T, files map[string]string) *Tree {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	opened, err := OpenTree(dir)
	require.NoError(t, err)
	return opened
}

// relative is an error's text without the directory of the test.
func relative(tree *Tree, err error) string {
	return strings.ReplaceAll(err.Error(), tree.Dir+string(filepath.Separator), "")
}

func TestOpenTreeErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := OpenTree(filepath.Join(dir, "absent"))
	var treeError *TreeError
	require.ErrorAs(t, err, &treeError)
	assert.ErrorIs(t, err, fs.ErrNotExist)
	_, err = OpenTree(dir)
	require.ErrorAs(t, err, &treeError)
	assert.ErrorContains(t, err, "neither __ctrl__ (control rooms) nor __work__ (workloads)")
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	_, err = OpenTree(file)
	assert.ErrorContains(t, err, "not a directory")
}

func TestLoadUnknownTarget(t *testing.T) {
	t.Parallel()
	tree := tree(t, map[string]string{
		"__work__/demo01-staging/ptd.yaml":    awsSpec(),
		"__work__/demo01-production/ptd.yaml": awsSpec(),
		"__work__/README.md":                  "not a target",
		"__work__/.git/ptd.yaml":              awsSpec(),
	})
	assert.Equal(t, []string{"demo01-production", "demo01-staging"}, tree.Names())
	for _, name := range []string{"demo1-stagign", "../__work__/demo01-staging", "", ".", ".git", "README.md"} {
		_, err := tree.Load(name)
		var notFound *NotFoundError
		require.ErrorAs(t, err, &notFound, name)
	}
	_, err := tree.Load("demo1-stagign")
	assert.ErrorContains(t, err, "(did you mean demo01-staging?)")
}

func TestLoadAmbiguousTarget(t *testing.T) {
	t.Parallel()
	tree := tree(t, map[string]string{
		"__work__/main01-staging/ptd.yaml": awsSpec(),
		"__ctrl__/main01-staging/ptd.yaml": controlRoomSpec(),
	})
	assert.Equal(t, []string{"main01-staging"}, tree.Names())
	_, err := tree.Load("main01-staging")
	var ambiguous *AmbiguousError
	require.ErrorAs(t, err, &ambiguous)
	assert.Equal(t, `target "main01-staging" is there twice, as __ctrl__/main01-staging and __work__/main01-staging; remove one`, relative(tree, err))
}

func TestLoadFileInTheWrongPlace(t *testing.T) {
	t.Parallel()
	tree := tree(t, map[string]string{
		"__work__/a-staging/ptd.yaml":  controlRoomSpec(),
		"__ctrl__/b-staging/ptd.yaml":  awsSpec(),
		"__work__/c-staging/notes.txt": "",
	})
	_, err := tree.Load("a-staging")
	assert.Equal(t, "__work__/a-staging/ptd.yaml:2:7: kind: a target of kind AWSControlRoomConfig does not belong in __work__", relative(tree, err))
	_, err = tree.Load("b-staging")
	assert.Equal(t, "__ctrl__/b-staging/ptd.yaml:2:7: kind: a target of kind AWSWorkloadConfig does not belong in __ctrl__", relative(tree, err))
	_, err = tree.Load("c-staging")
	assert.Equal(t, "__work__/c-staging/ptd.yaml: cannot be read: no such file or directory", relative(tree, err))
}

func TestControlRoomIsCheckedAgainstTheWorkload(t *testing.T) {
	t.Parallel()
	workload := awsSpec("control_room_account_id: 999988887777", "control_room_cluster_name: main01-staging",
		"control_room_region: us-east-2", "control_room_domain: team.example.com")
	load := func(room string) (*Tree, *Target, error) {
		files := map[string]string{"__work__/demo01-staging/ptd.yaml": workload}
		if room != "" {
			files["__ctrl__/main01-staging/ptd.yaml"] = room
		}
		tree := tree(t, files)
		target, err := tree.Load("demo01-staging")
		return tree, target, err
	}

	_, target, err := load("")
	require.NoError(t, err, "absent: the control_room_* keys do")
	assert.Nil(t, target.ControlRoom)
	assert.Empty(t, target.Warnings)

	for _, agreeing := range []string{
		controlRoomSpec("account_id: 999988887777", "domain: team.example.com"),
		controlRoomSpec("account_id: 999988887777", "domain: team.example.com", "front_door: door.example.com"),
		controlRoomSpec("account_id: 999988887777", "front_door: team.example.com"),
	} {
		_, target, err = load(agreeing)
		require.NoError(t, err)
		assert.Equal(t, KindAWSControlRoom, target.ControlRoom.Kind)
	}

	tree, _, err := load(controlRoomSpec("region: eu-west-1"))
	require.Error(t, err)
	assert.Equal(t, strings.Join([]string{
		`__work__/demo01-staging/ptd.yaml:7:28: spec.control_room_account_id: "999988887777" is not what control room main01-staging has (did you mean "123456789012"?)`,
		`__work__/demo01-staging/ptd.yaml:9:24: spec.control_room_region: "us-east-2" is not what control room main01-staging has (did you mean "eu-west-1"?)`,
		`__work__/demo01-staging/ptd.yaml:10:24: spec.control_room_domain: "team.example.com" is not what control room main01-staging has (did you mean "ctrl.example.com"?)`,
	}, "\n"), relative(tree, err))
}

func TestControlRoomNameThatIsNearlyRight(t *testing.T) {
	t.Parallel()
	tree := tree(t, map[string]string{
		"__work__/demo01-staging/ptd.yaml": awsSpec("control_room_account_id: 999988887777", "control_room_cluster_name: main1-staging", "control_room_region: us-east-2"),
		"__ctrl__/main01-staging/ptd.yaml": controlRoomSpec(),
	})
	target, err := tree.Load("demo01-staging")
	require.NoError(t, err)
	require.Len(t, target.Warnings, 1)
	assert.Equal(t, "main01-staging", target.Warnings[0].Suggestion)
}

// All the problems of all the files of a target come at once.
func TestProblemsOfAllFiles(t *testing.T) {
	t.Parallel()
	tree := tree(t, map[string]string{
		"__work__/demo01-staging/ptd.yaml": awsSpec("vpc_az_count: 0",
			"control_room_account_id: 999988887777", "control_room_cluster_name: main01-staging", "control_room_region: us-east-2"),
		"__work__/demo01-staging/site_main/site.yaml": "apiVersion: core.posit.team/v1\nspec:\n  connect: {replicas: two, domainPrefix: 3}\n  workbench: {replicas: -1}\n  packageManager: off\n  enableFqdnHealthChecks: 1\n  flightdeck: .inf\nspecs: {}\n",
		"__work__/demo01-staging/site_mian/site.yaml": "spec: {}\n",
		"__work__/demo01-staging/customizations/manifest.yaml": `version: 2
customSteps:
  - {name: sites, path: extra}
  - {name: extra, path: extra, insertAfter: helms, requireApproval: true}
  - {name: extra, path: ../extra, insertAfter: kubernetes, insertBefore: helm}
  - {path: whole}
`,
		"__work__/demo01-staging/customizations/extra/main.go": "package main\n",
		"__ctrl__/main01-staging/ptd.yaml":                     controlRoomSpec("db_allocated_storage: lots"),
	})
	_, err := tree.Load("demo01-staging")
	var problems Errors
	require.ErrorAs(t, err, &problems)
	golden(t, "testdata/all-files.golden", relative(tree, err)+"\n")
}

func TestManifest(t *testing.T) {
	t.Parallel()
	tree := tree(t, map[string]string{
		"__work__/azure01-staging/ptd.yaml": azureSpec(),
		"__work__/azure01-staging/customizations/manifest.yaml": `version: 1
customSteps:
  - name: first
    path: steps/first
    insertAfter: kubernetes
    insertBefore: clusters
    proxyRequired: true
    settings: {timeout: 5m}
  - {name: last, path: last, enabled: false}
`,
		"__work__/azure01-staging/customizations/steps/first/main.go": "package main\n",
		"__work__/azure01-staging/customizations/steps/first/go.mod":  "module first\n",
		"__work__/azure01-staging/customizations/last/main.go":        "package main\n",
		"__work__/azure01-staging/customizations/last/go.mod":         "module last\n",
	})
	target, err := tree.Load("azure01-staging")
	require.NoError(t, err)
	steps := target.Customizations.CustomSteps
	require.Len(t, steps, 2)
	assert.Equal(t, "aks", steps[0].InsertAfter, "kubernetes is the cluster step of the cloud")
	assert.True(t, steps[0].ProxyRequired)
	assert.True(t, steps[0].Enabled)
	assert.False(t, steps[1].Enabled)
	require.Len(t, target.Warnings, 1)
	assert.Equal(t, "customSteps[0].settings", target.Warnings[0].Path)
}

func TestUnreadableFileIsNotAbsent(t *testing.T) {
	t.Parallel()
	tree := tree(t, map[string]string{
		"__work__/demo01-staging/ptd.yaml":                awsSpec(),
		"__work__/demo01-staging/site_main/site.yaml/dir": "a directory in the file's place",
	})
	_, err := tree.Load("demo01-staging")
	assert.Equal(t, "__work__/demo01-staging/site_main/site.yaml: cannot be read: is a directory", relative(tree, err))
}

func TestErrorsUnwrap(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	assert.ErrorIs(t, &TreeError{"dir", cause}, cause)
}

// A file of another name than site.yaml is not read, which is said.
func TestSiteDirectoryWithoutSiteFile(t *testing.T) {
	t.Parallel()
	tree := tree(t, map[string]string{
		"__work__/demo01-staging/ptd.yaml":            awsSpec(),
		"__work__/demo01-staging/site_main/site.yml":  "spec: {}\n",
		"__work__/demo01-staging/site_mian/notes.txt": "x",
	})
	target, err := tree.Load("demo01-staging")
	require.NoError(t, err)
	warned := strings.ReplaceAll(Errors(target.Warnings).Error(), tree.Dir+"/", "")
	assert.Equal(t, "__work__/demo01-staging/site_main: has no site.yaml: nothing in it is read (did you mean \"site.yaml instead of site.yml\"?)\n"+
		"__work__/demo01-staging/site_mian: has no site.yaml: nothing in it is read", warned)
}

// What is no regular file is refused at once, with its place, wherever a file is looked for.
func TestFilesThatAreNone(t *testing.T) {
	t.Parallel()
	const target = "__work__/demo01-staging/"
	for _, file := range []string{"ptd.yaml", "site_main/site.yaml", "customizations/manifest.yaml", "custom_k8s_resources/quotas/a.yaml"} {
		for want, put := range map[string]func(path string) error{
			"is a named pipe, not a regular file": func(path string) error { return syscall.Mkfifo(path, 0o600) },
			"is a device, not a regular file":     func(path string) error { return os.Symlink("/dev/zero", path) },
			"leads to gone, which does not exist": func(path string) error { return os.Symlink("gone", path) },
			"too many levels of symbolic links":   func(path string) error { return os.Symlink(filepath.Base(path), path) },
		} {
			tree := tree(t, map[string]string{
				target + "ptd.yaml":                             withFolders("[quotas]"),
				target + "custom_k8s_resources/quotas/b.yaml":   "apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n",
				target + "site_main/README":                     "",
				target + "customizations/README":                "",
				"__work__/demo01-staging/site_other/.gitkeep":   "",
				"__work__/demo01-staging/customizations/x/y.go": "",
			})
			path := filepath.Join(tree.Dir, target, file)
			_ = os.Remove(path)
			require.NoError(t, put(path))
			_, err := tree.Load("demo01-staging")
			require.Error(t, err, "%s that %s", file, want)
			assert.Contains(t, relative(tree, err), target+file+": cannot be read: ")
			assert.ErrorContains(t, err, want)
		}
	}

	for name, to := range map[string]string{"gone-staging": "nowhere", "loop-staging": "loop-staging"} {
		opened := tree(t, map[string]string{target + "ptd.yaml": awsSpec()})
		require.NoError(t, os.Symlink(to, filepath.Join(opened.Dir, "__work__", name)))
		opened, err := OpenTree(opened.Dir)
		require.NoError(t, err)
		_, err = opened.Load(name)
		assert.ErrorContains(t, err, "__work__/"+name+": is a link that leads nowhere: ")
	}

	tree := tree(t, map[string]string{
		target + "ptd.yaml": awsSpec(), target + "customizations/x/go.mod": "module x\n",
		target + "customizations/manifest.yaml": "version: 1\ncustomSteps:\n- {name: x, path: x, insertAfter: eks}\n",
	})
	require.NoError(t, syscall.Mkfifo(filepath.Join(tree.Dir, target, "customizations/x/main.go"), 0o600))
	_, err := tree.Load("demo01-staging")
	assert.EqualError(t, errors.New(relative(tree, err)), target+"customizations/manifest.yaml:3:19: customSteps[0].path: "+
		`"x" must be a directory with main.go and go.mod, but of main.go: is a named pipe, not a regular file`)
}
