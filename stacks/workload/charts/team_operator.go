package charts

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/kubernetes"
)

// NewTeamOperator installs the operator, which belongs last: it makes objects of the
// definitions that other charts bring. role is the IAM role of its service account, nil for
// none; region its region of AWS, for which it reads secrets there.
// (docs/reference/aws-workload-apps.md 7.5; docs/reference/azure-workload.md 9.4)
func (c *Cluster) NewTeamOperator(role pulumi.StringInput, region string, opts ...pulumi.ResourceOption) error {
	args := &kubernetes.TeamOperatorArgs{
		Installation: c.Direct("team-operator", "team_operator_chart_version", c.Settings.TeamOperatorChartVersion),
		RoleARN:      role,
		Region:       region,
		Image:        c.Settings.OperatorImage(),
		SkipCRDs:     c.Settings.TeamOperatorSkipCRDs,
	}
	for _, toleration := range c.Settings.TeamOperatorTolerations {
		args.Tolerations = append(args.Tolerations, kubernetes.Toleration{
			Key: toleration.Key, Operator: toleration.Operator, Value: toleration.Value, Effect: string(toleration.Effect),
		})
	}
	_, err := kubernetes.NewTeamOperator(c.Ctx, c.Name+"-team-operator", args, opts...)
	return err
}
