package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files")

// The name of a file without hyphen, or with an environment, is the target's name too.
func targetOf(file string) string {
	name := strings.TrimSuffix(filepath.Base(file), ".yaml")
	switch name {
	case "a-name-that-is-too-long-for-buckets-staging", "Upper-staging", "environment-stagign", "hyphenless":
		return name
	}
	return "demo01-staging"
}

func TestInvalidFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/invalid/*.yaml")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 25)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			_, err = Parse(targetOf(file), filepath.Base(file), data)
			var problems Errors
			require.ErrorAs(t, err, &problems)
			golden(t, strings.TrimSuffix(file, ".yaml")+".golden", problems.Error()+"\n")
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func TestSnippetMarksTheColumn(t *testing.T) {
	t.Parallel()
	_, err := Parse("demo01-staging", "ptd.yaml", []byte(awsSpec("vpc_cidr: 10.0.0.1/16")))
	var problems Errors
	require.ErrorAs(t, err, &problems)
	require.Len(t, problems, 1)
	assert.Equal(t, Problem{
		File: "ptd.yaml", Line: 7, Column: 13, Path: "spec.vpc_cidr",
		Text: `"10.0.0.1/16" has host bits set`, Suggestion: "10.0.0.0/16", source: "  vpc_cidr: 10.0.0.1/16",
	}, problems[0])
	assert.Equal(t, "    7 |   vpc_cidr: 10.0.0.1/16\n      |             ^", problems[0].Snippet())
	assert.Equal(t, `ptd.yaml:7:13: spec.vpc_cidr: "10.0.0.1/16" has host bits set (did you mean "10.0.0.0/16"?)`, err.Error())
	assert.Empty(t, Problem{File: "x"}.Snippet())
}
