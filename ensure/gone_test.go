package ensure

import (
	"context"
	"errors"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/aws"
	"github.com/ptd-go/ptd/stacks/config"
)

// answering is an AWS that answers as a test wants it, for whichever account it was reached.
type answering struct {
	accountOf
	is                aws.Identity
	denied            error
	cluster, database error
	endpoint          string
}

type accountOf interface{ aws.Account } // as answering has a method Account

func (a answering) Account(context.Context, string, string) (aws.Account, error) { return a, nil }

func (a answering) Identity(context.Context) (aws.Identity, error) { return a.is, a.denied }

func (a answering) Clusters() aws.Clusters { return clustersOf{answering: a} }

func (a answering) Databases() aws.Databases { return databasesOf{answering: a} }

type clustersOf struct {
	aws.Clusters
	answering
}

func (c clustersOf) Cluster(context.Context, string) (aws.Cluster, error) {
	return aws.Cluster{Endpoint: c.endpoint}, c.answering.cluster
}

type databasesOf struct {
	aws.Databases
	answering
}

func (d databasesOf) Database(context.Context, string) (aws.Database, error) {
	return aws.Database{}, d.answering.database
}

// Only what AWS says that it does not have is gone: not what cannot be asked for, and not what
// was looked for in another place.
func TestDeleted(t *testing.T) {
	t.Parallel()
	const (
		account  = "111122223333"
		name     = "demo01-staging-20250115"
		endpoint = "https://0123ABCD.gr7.us-east-2.eks.amazonaws.com"
	)
	kubernetes := func(arn, server string) resource.PropertyMap {
		return resource.PropertyMap{
			"clusterIdentifier": resource.NewStringProperty(arn),
			"kubeconfig": resource.MakeSecret(resource.NewStringProperty(`{"current-context": "a", "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
				"clusters": [{"name": "a", "cluster": {"server": "` + server + `"}}], "users": [{"name": "a", "user": {}}]}`)),
		}
	}
	postgresql := func(host string) resource.PropertyMap {
		return resource.PropertyMap{"host": resource.NewStringProperty(host)}
	}
	own := kubernetes("arn:aws:eks:us-east-2:"+account+":cluster/"+name, endpoint)
	database := postgresql("main.abc.us-east-2.rds.amazonaws.com")
	right, expired := aws.Identity{AccountID: account}, errors.New("ExpiredTokenException: the security token has expired")
	const noCluster = "the cluster " + name + " was deleted: EKS has none of that name"
	for what, test := range map[string]struct {
		answers     answering
		pkg         string
		inputs      resource.PropertyMap
		gone, fails string
	}{
		"there":              {answering{is: right, endpoint: endpoint}, "kubernetes", own, "", ""},
		"gone":               {answering{is: right, cluster: aws.ErrNotFound}, "kubernetes", own, noCluster, ""},
		"expired":            {answering{denied: expired, cluster: aws.ErrNotFound}, "kubernetes", own, "", expired.Error()},
		"denied":             {answering{is: right, cluster: expired}, "kubernetes", own, "", "ask EKS for the cluster " + name},
		"another account":    {answering{is: aws.Identity{AccountID: "9"}, cluster: aws.ErrNotFound}, "kubernetes", own, "", "the credentials are for account 9, and not for " + account},
		"another region":     {answering{is: right, cluster: aws.ErrNotFound}, "kubernetes", kubernetes("arn:aws:eks:us-east-1:"+account+":cluster/"+name, endpoint), "", ""},
		"of another account": {answering{is: right, cluster: aws.ErrNotFound}, "kubernetes", kubernetes("arn:aws:eks:us-east-2:9:cluster/"+name, endpoint), "", ""},
		"no identifier":      {answering{is: right, cluster: aws.ErrNotFound}, "kubernetes", kubernetes("", endpoint), "", ""},
		"made anew by others": {answering{is: right, endpoint: "https://99.sk1.us-east-2.eks.amazonaws.com"}, "kubernetes", own,
			"the cluster " + name + " of the state was deleted: EKS has another one of that name, at https://99.sk1.us-east-2.eks.amazonaws.com", ""},
		"through a tunnel": {answering{is: right, endpoint: endpoint}, "kubernetes", kubernetes("arn:aws:eks:us-east-2:"+account+":cluster/"+name, "https://localhost:6443"), "", ""},
		"still starting":   {answering{is: right}, "kubernetes", own, "", ""},
		"server gone":      {answering{is: right, database: aws.ErrNotFound}, "postgresql", database, "the database server main was deleted: RDS has none of that name", ""},
		"server there":     {answering{is: right}, "postgresql", database, "", ""},
		"server denied":    {answering{is: right, database: expired}, "postgresql", database, "", "ask RDS for the database server main"},
		"another server":   {answering{is: right, database: aws.ErrNotFound}, "postgresql", postgresql("db.example.com"), "", ""},
		"another address":  {answering{is: right, database: aws.ErrNotFound}, "postgresql", postgresql("restored.main.abc.us-east-2.rds.amazonaws.com"), "", ""},
		"another provider": {answering{is: right, cluster: aws.ErrNotFound}, "aws", own, "", ""},
	} {
		target := &config.Target{AWSWorkload: &config.AWSWorkload{}}
		target.AWSWorkload.AccountID, target.AWSWorkload.Region = account, "us-east-2"
		reason, err := deleted{test.answers, target}.gone(t.Context(), test.pkg, test.inputs)
		assert.Equal(t, test.gone, reason, what)
		if test.fails == "" {
			require.NoError(t, err, what)
		} else {
			require.ErrorContains(t, err, test.fails, what)
		}
	}
}
