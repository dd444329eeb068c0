package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPrecedence takes one source away after the other.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		key, environment, flag, file, fallback string
	}{
		{"targets_config_dir", "PTD_TARGETS_CONFIG_DIR", "--targets-config-dir", "file", "infra"},
		{"sandbox_dir", "PTD_SANDBOX_DIR", "--sandbox-dir", "file", ".ptd/sandbox"},
		{"sandbox", "PTD_SANDBOX", "--sandbox", "true", "false"},
		{"sandbox_real", "PTD_SANDBOX_REAL", "--sandbox-real", "file", ""},
		{"sandbox_real_no_await", "PTD_SANDBOX_REAL_NO_AWAIT", "--sandbox-real-no-await", "true", "false"},
		{"verbose", "PTD_VERBOSE", "--verbose", "true", "false"},
		{"top", "PTD_TOP", "", "file", ""},
	} {
		t.Run(test.key, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			boolean := test.file == "true"
			fromFlags, inEnvironment := "flag", "environment"
			if boolean {
				fromFlags, inEnvironment = "false", "1"
			}
			d.write("home/.config/ptd/ptdconfig.yaml", test.key+": "+test.file+"\n")
			d.variables[test.environment] = inEnvironment
			find := func(words ...string) setting {
				settings, err := d.program(words...).settings()
				require.NoError(t, err)
				return settings.values[test.key]
			}
			if test.flag != "" {
				assert.Equal(t, setting{fromFlags, fromFlag, test.flag}, find("targets", test.flag+"="+fromFlags))
			}
			if boolean {
				inEnvironment = "true"
			}
			assert.Equal(t, setting{inEnvironment, fromEnvironment, test.environment}, find("targets"))
			delete(d.variables, test.environment)
			assert.Equal(t, setting{test.file, fromFile, d.path("home/.config/ptd/ptdconfig.yaml")}, find("targets"))
			require.NoError(t, os.Remove(d.path("home/.config/ptd/ptdconfig.yaml")))
			if test.fallback != "" {
				assert.Equal(t, setting{test.fallback, fromDefault, "default"}, find("targets"))
			}
		})
	}
}

// TestSearchPaths removes the file that is found until none is left.
func TestSearchPaths(t *testing.T) {
	t.Parallel()
	for _, xdg := range []bool{false, true} {
		d := newDesk(t)
		paths := []string{"home/.config/ptd", "home/.local/share/ptd", "", "home"}
		if xdg {
			d.variables["XDG_CONFIG_HOME"], d.variables["XDG_DATA_HOME"] = d.path("c"), d.path("d")
			paths = []string{"c/ptd", "d/ptd", "", "home"}
		}
		for _, path := range paths {
			d.write(filepath.Join(path, "ptdconfig.yaml"), "top: x\n")
		}
		for _, path := range paths {
			settings, err := d.program("targets").settings()
			require.NoError(t, err)
			assert.Equal(t, d.path(path, "ptdconfig.yaml"), settings.file)
			require.NoError(t, os.Remove(settings.file))
		}
		settings, err := d.program("targets").settings()
		require.NoError(t, err)
		assert.Empty(t, settings.file)
	}
}

func TestTop(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	top := func() setting {
		settings, err := d.program("targets").settings()
		require.NoError(t, err)
		return settings.values["top"]
	}
	here := d.system.directory
	assert.Equal(t, setting{here, fromDefault, "the working directory"}, top())

	d.write("repository/.git/HEAD", "")
	d.write("repository/below/here/file", "")
	d.system.directory = filepath.Join(here, "repository", "below", "here")
	assert.Equal(t, setting{filepath.Join(here, "repository"), fromDefault, "the git repository"}, top())

	// The program at {top}/.local/bin counts only if the targets are beside it: it is
	// also a common place in home directories.
	d.system.directory = here
	resolved, err := filepath.EvalSymlinks(here)
	require.NoError(t, err)
	d.write("home/.local/bin/ptd", "")
	d.write("project/.local/bin/ptd", "")
	require.NoError(t, os.Mkdir(d.path("project/infra"), 0o700))
	d.system.executable = d.path("home/.local/bin/ptd")
	assert.Equal(t, "the working directory", top().Source)
	d.system.executable = d.path("project/.local/bin/ptd")
	assert.Equal(t, setting{filepath.Join(resolved, "project"), fromDefault, "the place of this program"}, top())

	d.variables["PROJECT_ROOT"] = "/project"
	assert.Equal(t, setting{"/project", fromEnvironment, "PROJECT_ROOT"}, top())
	d.variables["PTD_TOP"] = "/top"
	assert.Equal(t, setting{"/top", fromEnvironment, "PTD_TOP"}, top())
}

func TestTargetsDirectory(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.variables["PTD_TOP"] = "/top"
	for given, want := range map[string]string{
		"infra": "/top/infra", "a/b": "/top/a/b", "/x/y/": "/x/y", "./infra": d.path("infra"), "..": filepath.Dir(d.path()),
		".": d.path(), "~/infra": d.path("home/infra"), ".hidden": "/top/.hidden",
	} {
		settings, err := d.program("targets", "--targets-config-dir", given).settings()
		require.NoError(t, err)
		assert.Equal(t, want, settings.targets.Value, given)
	}
}

func TestConfigFileProblems(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"verbose: [":          "ptdconfig.yaml",
		"- verbose\n":         "ptdconfig.yaml:1:1: want keys and values",
		"\nsandbox: {a: b}\n": "ptdconfig.yaml:2:",
		"sandbox: perhaps\n":  `sandbox of`,
	} {
		d := newDesk(t)
		d.write("ptdconfig.yaml", content)
		assert.Equal(t, 1, d.run("targets"))
		assert.Contains(t, d.stderr.String(), want)
	}
	pipe := newDesk(t)
	require.NoError(t, syscall.Mkfifo(pipe.path("ptdconfig.yaml"), 0o600))
	assert.Equal(t, 1, pipe.run("targets"))
	assert.Contains(t, pipe.stderr.String(), "ptdconfig.yaml: is a named pipe, not a regular file")
	d := newDesk(t)
	d.write("ptdconfig.yaml", "# nothing\naws_profile: x\nVerbose:\nsand_box: true\n")
	assert.Equal(t, 0, d.run("targets"))
	path := d.path("ptdconfig.yaml")
	assert.Equal(t, "warning: "+path+":2:1: aws_profile: has no effect\n"+
		"warning: "+path+":4:1: sand_box: has no effect (did you mean \"sandbox\"?)\n", d.stderr.String())
	d.write("ptdconfig.yaml", "")
	assert.Equal(t, 0, d.run("targets"))
}
