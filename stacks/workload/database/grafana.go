package database

import (
	"encoding/base64"
	"net/url"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/apply"
	"github.com/ptd-go/ptd/components/kubernetes"
)

// GrafanaArgs says where Grafana's database is.
type GrafanaArgs struct {
	Host, Database, Role pulumi.StringInput
	Password             pulumi.StringInput // a secret
}

// NewGrafanaSecret tells Grafana where its database is: in the Kubernetes secret
// grafana-db-url of the namespace grafana, which must be there.
// (docs/reference/aws-workload-apps.md 7.8; docs/reference/azure-workload.md 10.1)
func NewGrafanaSecret(ctx *pulumi.Context, name string, args GrafanaArgs, opts ...pulumi.ResourceOption) error {
	address := apply.To(pulumi.All(args.Database, args.Role, args.Password, args.Host), func(values []any) string {
		address := url.URL{
			Scheme: "postgres", User: url.UserPassword(values[1].(string), values[2].(string)), Host: values[3].(string),
			Path: "/" + values[0].(string),
		}
		return base64.StdEncoding.EncodeToString([]byte(address.String()))
	}).(pulumi.StringOutput)
	_, err := kubernetes.NewObject(ctx, name, "v1", "Secret", pulumi.Map{
		"metadata": pulumi.StringMap{"name": pulumi.String("grafana-db-url"), "namespace": pulumi.String("grafana")},
		"data":     pulumi.StringMap{"PTD_DATABASE_URL": address},
	}, opts...)
	return err
}
