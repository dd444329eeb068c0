package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// IAM takes 64 characters: the roles of a release and of its sites are checked before
// anything is made.
func TestRoleNamesAreNotTooLong(t *testing.T) {
	t.Parallel()
	parse := func(release, site string) error {
		text := awsSpec("clusters:", `  "`+release+`":`, "    spec:", "      mp_min_size: 3")
		sites := "sites: {" + site + ": {spec: {domain: b.example.com}}, "
		_, err := Parse("demo01-staging", "ptd.yaml", []byte(strings.Replace(text, "sites: {", sites, 1)))
		return err
	}
	require.NoError(t, parse("20250115", "s"))
	// team-operator. and .demo01-staging.posit.team leave 24 characters for a release.
	long := strings.Repeat("r", 25)
	err := parse(long, "s")
	require.Error(t, err)
	assert.Contains(t, err.Error(), "spec.clusters."+long+": the role team-operator."+long+".demo01-staging.posit.team has 65 characters, and IAM takes 64")
	// dev-ses., a release of 8 and .demo01-staging.posit.team leave 20 for a site.
	err = parse("20250115", strings.Repeat("s", 22))
	require.Error(t, err)
	assert.Contains(t, err.Error(), "spec.sites."+strings.Repeat("s", 22)+": the role dev-ses.20250115.")
	assert.Contains(t, err.Error(), "has 65 characters, and IAM takes 64")
}
