package charts

import (
	"cmp"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/ptd-go/ptd/components/kubernetes"
	"github.com/ptd-go/ptd/stacks/config"
	"github.com/ptd-go/ptd/stacks/workload"
)

// NewTeamOperator installs the operator, which belongs last: it makes objects of the
// definitions that other charts bring. It is an error if a site has fields that this version
// does not know. role is the IAM role of its service account, nil for
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
	version := c.Settings.SiteVersion(args.Version)
	for _, site := range sites {
		if unknown := site.Settings().UnknownTo(version); len(unknown) > 0 && !c.Workload.AllowUnknownSiteFields {
			return fmt.Errorf("site %s has %s, which the Team Operator has since v%s.0, and release %s runs %s, whose cluster refuses the site: "+
				"set team_operator_chart_version of the release to a later version, or take the field away",
				site.Name, unknown[0].Path, unknown[0].Since, c.Release, version)
		}
		args.SessionGroupLabels = args.SessionGroupLabels || site.Settings().SessionLabels() && !config.OlderThan(cmp.Or(version, args.Version), 1, 23)
	}
	for _, toleration := range c.Settings.TeamOperatorTolerations {
		args.Tolerations = append(args.Tolerations, kubernetes.Toleration{
			Key: toleration.Key, Operator: toleration.Operator, Value: toleration.Value, Effect: string(toleration.Effect),
		})
	}
	_, err := kubernetes.NewTeamOperator(c.Ctx, c.Name+"-team-operator", args, opts...)
	return err
}
