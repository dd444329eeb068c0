package config

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/blang/semver"
)

// checkChartVersion checks the version of a Helm chart: semantic versions, with or without a v.
func checkChartVersion(text string) (string, string) {
	if _, err := semver.Parse(strings.TrimPrefix(text, "v")); err != nil {
		return "must be the version of a chart such as 5.42.0", ""
	}
	return "", ""
}

// checkVersionWithV checks the version of a chart whose versions begin with v: without it, none
// is found.
func checkVersionWithV(text string) (problem, suggestion string) {
	if problem, _ := checkChartVersion(text); problem == "" && strings.HasPrefix(text, "v") {
		return "", ""
	}
	if text != "" && text[0] >= '0' && text[0] <= '9' {
		suggestion = "v" + text
	}
	return "must be the version of a chart such as v1.16.2, with its v", suggestion
}

// The minor versions of Kubernetes that EKS has in support, and those of the year to come, three
// of them: a new one must not wait for a release of ptd, and EKS refuses what it has not.
// (docs.aws.amazon.com: eks/latest/userguide/kubernetes-versions.html)
const oldestMinor, newestMinor = 29, 35 + 3

var eksVersionForm = pattern(`^(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,3})$`)

func checkEKSVersion(text string) (string, string) {
	parts := eksVersionForm().FindStringSubmatch(text)
	if parts == nil {
		return "must be a Kubernetes version such as 1.33", ""
	}
	if minor, _ := strconv.Atoi(parts[2]); parts[1] != "1" || minor < oldestMinor || minor > newestMinor {
		return fmt.Sprintf("must be a Kubernetes version that EKS offers, or soon may: 1.%d to 1.%d", oldestMinor, newestMinor), ""
	}
	return "", ""
}

// The major versions of PostgreSQL that RDS has, those in extended support among them, and the
// next one, which comes once a year.
// (docs.aws.amazon.com: AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html)
const oldestPostgreSQL, newestPostgreSQL = 11, 18 + 1

var databaseVersionForm = pattern(`^([1-9]\d?)(\.(0|[1-9]\d{0,2}))?$`)

func checkDatabaseVersion(text string) (string, string) {
	parts := databaseVersionForm().FindStringSubmatch(text)
	if parts == nil {
		return "must be a PostgreSQL version such as 15.12", ""
	}
	if major, _ := strconv.Atoi(parts[1]); major < oldestPostgreSQL || major > newestPostgreSQL {
		return fmt.Sprintf("must be a PostgreSQL version that RDS offers, or soon may: %d to %d", oldestPostgreSQL, newestPostgreSQL), ""
	}
	return "", ""
}
