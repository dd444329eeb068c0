package charts

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/workload"
)

// NewTeamOperator installs the operator, which belongs last: it makes objects of the
// definitions that other charts bring. role is the IAM role of its service account, nil for
// none; region its region of AWS, for which it reads secrets there. It labels sessions when
// one of the sites asks for it.
// (docs/reference/aws-workload-apps.md 7.5; docs/reference/azure-workload.md 9.4)
func (c *Cluster) NewTeamOperator(role pulumi.StringInput, region string, sites []workload.Site, opts ...pulumi.ResourceOption) error {
	args := &kubernetes.TeamOperatorArgs{
		Installation: c.Direct("team-operator", "team_operator_chart_version", c.Settings.TeamOperatorChartVersion),
		RoleARN:      role,
		Region:       region,
		Image:        c.Settings.OperatorImage(),
		SkipCRDs:     c.Settings.TeamOperatorSkipCRDs,
	}
	for _, site := range sites {
		switch {
		case !site.Settings().SessionLabels():
		case config.OlderThan(args.Version, 1, 23):
			_ = c.Ctx.Log.Warn(fmt.Sprintf("workbench.sessionLabels of site %s has no effect in release %s: the Team Operator reads it since 1.23.0, "+
				"and team_operator_chart_version is %s", site.Name, c.Release, args.Version), nil)
		default:
			args.SessionGroupLabels = true
		}
	}
	for _, toleration := range c.Settings.TeamOperatorTolerations {
		args.Tolerations = append(args.Tolerations, kubernetes.Toleration{
			Key: toleration.Key, Operator: toleration.Operator, Value: toleration.Value, Effect: string(toleration.Effect),
		})
	}
	_, err := kubernetes.NewTeamOperator(c.Ctx, c.Name+"-team-operator", args, opts...)
	return err
}
